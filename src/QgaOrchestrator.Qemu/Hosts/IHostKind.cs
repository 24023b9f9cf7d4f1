using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Hosts;

/// <summary>
/// One way in which a host has its VMs, with all of its parts: the options of its sources, discovery, addresses, agent,
/// machine, cut methods, and the thaw, which node, watchdog and qgactl share. Nobody outside of its folder names it.
/// </summary>
public interface IHostKind
{
    /// <summary>As in a source's <c>Kind</c>.</summary>
    string Name { get; }

    /// <summary>What VMs of this kind can be cut by; the first is a backup's default.</summary>
    IReadOnlyList<ICutMethod> CutMethods { get; }

    /// <summary>Reads one source of the config. What is wrong is told by name, with the default in its place.</summary>
    IVmSource Read(ISourceOptions options);

    /// <summary>The source of a config that names none; null: this kind has none.</summary>
    IVmSource? Default(string root);

    /// <summary>The members of a VM in the fleet's file that say where it is; empty: it cannot say so of this kind.</summary>
    IReadOnlyList<string> PlaceMembers { get; }

    /// <summary>What is wrong with such members, a sentence each.</summary>
    IEnumerable<string> PlaceFaults(IReadOnlyDictionary<string, string> place);

    /// <summary>A VM that the fleet's file places by itself; null: such a place is not of this kind.</summary>
    /// <param name="sources">All of the config: they may say how such a VM is held.</param>
    /// <param name="root">Where the host's file system begins: / but in a test.</param>
    FoundVm? Place(PlacedVm placed, IReadOnlyList<IVmSource> sources, string root);

    /// <summary>Whether this kind reaches VMs at such an address.</summary>
    bool Reaches(VmAddress address);

    /// <summary>The agent at an address of this kind. A thaw gets nothing else: its address is in the ledger.</summary>
    IAgent Agent(VmAddress address, TimeProvider time, Random random);

    /// <summary>The machine at an address of this kind; null where nobody can ask it.</summary>
    IMachine? Machine(VmAddress address, TimeProvider time);

    /// <summary>Who else has the agent, as in "socat (pid 4711)"; null: nobody, or it cannot be told.</summary>
    Task<string?> FindHolderAsync(VmAddress address);

    /// <summary>What people are told where a VM of this kind cannot be reached.</summary>
    IHostAdvice Advice { get; }

    /// <summary>How a machine of this kind is described in a point, and made again.</summary>
    IMachineKeeper Keeper { get; }

    /// <summary>Looks for VMs of this kind, for somebody who has no config yet; null: there are none.</summary>
    Task<DetectedVms?> DetectAsync(HostSight host);
}

/// <summary>What every kind does in the same way.</summary>
public static class HostKindCalls
{
    /// <summary>The cut method of this name.</summary>
    /// <exception cref="CutException">VMs of this kind have none of that name: it is refused, and never replaced by
    /// another.</exception>
    public static ICutMethod Method(this IHostKind kind, string name)
    {
        ArgumentNullException.ThrowIfNull(kind);
        return kind.CutMethods.FirstOrDefault(method => method.Name == name) ?? throw new CutException(
            $"VMs of kind {kind.Name} have no method {name}",
            $"Use one of these: {string.Join(", ", kind.CutMethods.Select(method => method.Name))}.");
    }
}

/// <summary>What people are told where a VM cannot be reached: its kind knows how agent and machine are.</summary>
public interface IHostAdvice
{
    /// <summary>Why a VM's machine cannot be asked at all.</summary>
    VmObstacle NoMachine { get; }

    /// <summary>What to do where a VM's machine does not answer, a sentence without its full stop.</summary>
    string MachineRemedy { get; }

    /// <summary>Why an agent that runs does not answer.</summary>
    /// <param name="holder">Who else has it, as in "socat (pid 4711)"; null: it cannot be told.</param>
    VmObstacle AgentHeld(VmAddress address, string? holder);
}

/// <summary>A VM that the fleet's file places by itself.</summary>
/// <param name="Place">Where it is: members of its kind (<see cref="IHostKind.PlaceMembers"/>), without faults.</param>
public sealed record PlacedVm(string Name, IReadOnlyDictionary<string, string> Place);

/// <summary>Where VMs are found: one entry of the config's sources.</summary>
public interface IVmSource
{
    IHostKind Kind { get; }

    /// <summary>Looks for all VMs. A directory on a dead mount may hold it up.</summary>
    /// <param name="before">What this source's last look found: what has not changed need not be looked at again, and where
    /// nothing has, it is returned itself.</param>
    SourceLook Look(SourceLook? before = null);

    /// <summary>Whether a VM that another source has found is one of this source's, which knows more of it: it is left to
    /// this one.</summary>
    bool Owns(FoundVm vm) => false;

    /// <summary>Completes once a look can tell what there is: at once, unless a program has to be asked.</summary>
    Task ReadyAsync() => Task.CompletedTask;

    /// <summary>Takes back what attempts that are over have left in the host's own config, also of VMs that do not run. Called
    /// at the node's start and from time to time.</summary>
    /// <param name="unsettled">Asks for the hashes (<see cref="CutNames.Hash"/>) of the attempts on a VM, by its name, that
    /// their runs have not settled. Called only where something was left.</param>
    /// <returns>What was done or could not be done, a sentence each.</returns>
    Task<IReadOnlyList<string>> TidyAsync(
        CutHost host, Func<string, Task<IReadOnlySet<string>>> unsettled, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<string>>([]);
}

/// <summary>One source's options, by their names below the source.</summary>
public interface ISourceOptions
{
    /// <summary>Where the host's file system begins: / but in a test.</summary>
    string Root { get; }

    /// <summary>By which a source waits for what it asks.</summary>
    TimeProvider Time { get; }

    /// <summary>Null: not given.</summary>
    string? Text(string name);

    /// <summary>An absolute path; a relative one is below the config's directory.</summary>
    string FullPath(string path);

    /// <summary>Tells what is wrong with an option, a clause.</summary>
    void Fail(string name, string why);
}
