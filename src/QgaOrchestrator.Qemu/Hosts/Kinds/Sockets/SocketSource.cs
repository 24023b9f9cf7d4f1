using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;

/// <summary>One source of kind sockets: patterns of paths, with {vm} in place of the VM's name.</summary>
internal sealed record SocketSource(IHostKind Kind, SocketHold Hold, string Agent, string? Monitor, ProxmoxHost Proxmox)
    : IVmSource
{
    /// <summary>A directory that was the same for so many looks, which are half a second apart: then whatever changes changes its
    /// stamp, also where a file system's clock counts whole seconds.</summary>
    private const int LooksToStand = 5;

    /// <summary>A file name whose bytes are no UTF-8 is read with this in it, and cannot be opened by that name.</summary>
    private const char NotUtf8 = '\uFFFD';

    public SourceLook Look(SourceLook? before = null)
    {
        List<LookFault> faults = [];
        var agents = new SocketPattern(Agent);
        var monitors = Monitor is null ? null : new SocketPattern(Monitor);
        var (agentRoot, monitorRoot) = (RealPath.Of(agents.Root), monitors is null ? "" : RealPath.Of(monitors.Root));
        var names = new SortedSet<string>(Names(agents, faults), StringComparer.Ordinal);
        var inOne = monitors is null || (agents.HasDirectory && monitors.DirectoryOf("x") == agents.DirectoryOf("x"));
        // Where both are in the VM's own directory its entries have been read.
        if (!inOne) names.UnionWith(Names(monitors!, faults));
        var proxmox = Proxmox.IsHere ? Proxmox : null;
        var known = (before as SocketLook)?.Seen;
        var seen = new Dictionary<string, SeenVm>(names.Count);
        var isSame = known is not null;
        var byDirectory = proxmox is null && inOne && agents.IsInDirectory && monitors is null or { IsInDirectory: true };
        foreach (var name in names)
        {
            var stamp = byDirectory ? Libc.StampOfLink(agents.DirectoryOf(name)) : null;
            var last = known?.GetValueOrDefault(name);
            var stood = stamp is { IsDirectory: true } && last?.Stamp == stamp ? last.Stood + 1 : 0;
            seen[name] = stood > LooksToStand && last!.IsPlain
                ? last
                : new(stamp, Find(name), stood, stood == LooksToStand && IsPlain(name));
            isSame &= ReferenceEquals(seen[name], last);
        }
        return isSame && faults.Count == 0 && before!.Faults.Count == 0 && seen.Count == known!.Count
            ? before
            : new SocketLook([.. seen.Values.Select(vm => vm.Found).OfType<FoundVm>()], [.. faults.Distinct()], seen);

        // What a link leads to changes without its directory.
        bool IsPlain(string name) => new[] { agents.PathOf(name), monitors?.PathOf(name) }.OfType<string>()
            .All(path => Libc.StampOfLink(path) is null or { IsLink: false });

        FoundVm? Find(string name)
        {
            var at = See(name, agents, monitors);
            if (!at.HasAgent && !at.HasMonitor && !name.Contains(NotUtf8) && at.Locked is null) return null;
            var identity = at.Socket == at.Monitor
                ? RealOf(at.Socket, monitors!, monitorRoot)
                : RealOf(at.Socket, agents, agentRoot);
            return at.ToFound(Kind, proxmox, identity);
        }
    }

    /// <param name="Seen">Each name that fits.</param>
    private sealed record SocketLook(
        IReadOnlyList<FoundVm> Vms, IReadOnlyList<LookFault> Faults, IReadOnlyDictionary<string, SeenVm> Seen)
        : SourceLook(Vms, Faults);

    /// <param name="Stamp">Of the VM's own directory, before it was looked into; null: it has none, or holds not all.</param>
    /// <param name="Found">Null: no socket.</param>
    /// <param name="Stood">For how many looks the stamp was the same.</param>
    /// <param name="IsPlain">It has just stood long enough, and no socket is a link.</param>
    private sealed record SeenVm(FileStamp? Stamp, FoundVm? Found, int Stood, bool IsPlain);

    /// <summary>
    /// How a VM of the fleet's file is held: as its source says, which is the one with a pattern that matches one of its sockets,
    /// else the one whose directory holds one. Of several the most careful holds; without any its sockets are ours alone, as by
    /// default those of a source are.
    /// </summary>
    public static SocketHold HoldOf(IEnumerable<SocketSource> sources, string agent, string? monitor)
    {
        string[] given = [.. new[] { agent, monitor }.OfType<string>()];
        string[] sockets = [.. given.Concat(given.Select(RealPath.Of)).Distinct()];
        var patterns = sources.Select(source => (source.Hold, Patterns: source.Patterns())).ToList();
        var mine = Where((pattern, path) => pattern.NameOf(path) is not null);
        if (mine.Count == 0) mine = Where((pattern, path) => IsIn(pattern.Root, path));
        return mine.Contains(SocketHold.PerCommand) ? SocketHold.PerCommand : SocketHold.Exclusive;

        List<SocketHold> Where(Func<SocketPattern, string, bool> fits) =>
        [
            .. from source in patterns
               where source.Patterns.Any(pattern => sockets.Any(path => fits(pattern, path)))
               select source.Hold,
        ];
    }

    /// <summary>Why this node cannot look into the directory; null: it can, or there is none.</summary>
    internal static string? Locked(string directory)
    {
        try
        {
            using var entries = Directory.EnumerateFileSystemEntries(directory).GetEnumerator();
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Sentence(e);
        }
    }

    private FoundSockets See(string name, SocketPattern agents, SocketPattern? monitors)
    {
        var at = new FoundSockets(name, agents.PathOf(name), monitors?.PathOf(name), Hold);
        at = at with
        {
            HasAgent = Is(at.Agent, agents, monitors),
            HasMonitor = at.Monitor is { } path && Is(path, monitors!, agents),
        };
        return at.HasAgent || at.HasMonitor || name.Contains(NotUtf8) ? at : at with { Locked = LockedIn(agents, name) };
    }

    private SocketPattern[] Patterns()
    {
        SocketPattern[] written = [.. new[] { Agent, Monitor }.OfType<string>()
            .Where(SocketPattern.IsPattern).Select(text => new SocketPattern(text))];
        return [.. written, .. written.Select(pattern => pattern.Real())];
    }

    private static IReadOnlyList<string> Names(SocketPattern pattern, List<LookFault> faults)
    {
        try
        {
            return [.. pattern.Names()];
        }
        catch (DirectoryNotFoundException) when (!Path.Exists(pattern.Root))
        {
            faults.Add(new(
                $"there is no directory {pattern.Root}",
                "VMs are found once it exists; correct the pattern if it never will", Blinds: false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add(new(
                $"{pattern.Root} cannot be read: {Sentence(e)}",
                "Give the node's user the right to read and search it: its VMs are not seen", Blinds: true));
        }

        return [];
    }

    /// <summary>Why a VM's own directory cannot be looked into.</summary>
    private static string? LockedIn(SocketPattern pattern, string name) =>
        pattern.HasDirectory && pattern.DirectoryOf(name) is var directory && Directory.Exists(directory)
            ? Locked(directory)
            : null;

    /// <summary>Where both patterns mean one path, as {vm}.sock and {vm}.qmp.sock do, the longer one does.</summary>
    private static bool Is(string path, SocketPattern pattern, SocketPattern? other) =>
        File.Exists(path) && !(other is not null && other.Text.Length > pattern.Text.Length && other.NameOf(path) is not null);

    private static bool IsIn(string directory, string path) =>
        path.StartsWith(directory.TrimEnd('/') + '/', StringComparison.Ordinal);

    private static string RealOf(string path, SocketPattern pattern, string realRoot) =>
        RealPath.Of(realRoot, path[pattern.Root.Length..]);

    private static string Sentence(Exception e) => e.Message.TrimEnd('.');
}
