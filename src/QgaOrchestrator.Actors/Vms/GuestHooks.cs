using System.Text.Json;
using Akka.Actor;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>Looks at the status file of the guest's freeze hook through the agent: before the freeze, and after the thaw.</summary>
internal static class GuestHooks
{
    /// <summary>On a tmpfs of the guest, which no freeze touches (deploy/guest-hooks/fsfreeze-hook).</summary>
    public const string StatusFile = "/run/qga-hook/status.json";

    /// <summary>Some dozens of scripts; whoever writes more is not our hook.</summary>
    private const int Most = 64 * 1024;

    private const string Disabled = "its agent does not allow guest-file-open and guest-file-read";

    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(5), Queue = TimeSpan.FromSeconds(30);

    /// <summary>Before the freeze; null where no hook of ours can be: Windows has its own, and an unfrozen guest calls none.</summary>
    public static async Task<HookReading?> BeforeAsync(IActorRef vm, GuestView guest, bool freezes) =>
        freezes && guest.Inventory?.OsId != "mswindows" ? await ReadAsync(vm, guest.Info) : null;

    /// <summary>After the thaw: what the hook has reported of this freeze; null where it was not asked.</summary>
    public static async Task<HookReport?> AfterAsync(IActorRef vm, HookReading? before) =>
        before is null ? null : HookReport.Judge(before, await AgainAsync(vm, before));

    /// <summary>After a freeze that the guest refused: the script that made it, in words; null where none is known to have.</summary>
    public static async Task<string?> RefusalAsync(IActorRef vm, HookReading? before) =>
        before is null ? null : HookReport.Refusal(before, await AgainAsync(vm, before));

    /// <summary>Who could not be read before proves nothing, whatever it says now.</summary>
    private static async Task<HookReading> AgainAsync(IActorRef vm, HookReading before) =>
        before is HookReading.Unreadable ? before : await ReadAsync(vm);

    /// <summary>Never throws for what the guest does: a file that cannot be read proves nothing, and stops nothing.</summary>
    /// <param name="vm">The VM's own actor.</param>
    /// <param name="agent">What the agent offers, null where that is not known: a command that is disabled is not sent.</param>
    public static async Task<HookReading> ReadAsync(IActorRef vm, AgentInfo? agent = null)
    {
        if (agent is not null && agent.Status(GuestFileOpen.Name) != CommandStatus.Enabled) return new HookReading.Unreadable(Disabled);
        try
        {
            switch (await CallAsync(vm, GuestFileOpen.ForReading(StatusFile)))
            {
                case AgentOutcome.Returned opened:
                    var handle = GuestFileOpen.Read(opened.Json);
                    var read = await CallAsync(vm, GuestFileRead.Request(handle, Most));
                    await CallAsync(vm, GuestFileClose.Request(handle));
                    return read is AgentOutcome.Returned content
                        ? HookReading.Parse(GuestFileRead.Read(content.Json).Bytes) : new HookReading.Unreadable(Why(read));
                case AgentOutcome.Refused refused when GuestFileOpen.IsNoSuchFile(refused.Error):
                    return new HookReading.Absent();
                case var other:
                    return new HookReading.Unreadable(Why(other));
            }
        }
        catch (Exception odd) when (odd is JsonException or AskTimeoutException)
        {
            return new HookReading.Unreadable(odd.Message);
        }
    }

    private static async Task<AgentOutcome> CallAsync(IActorRef vm, AgentRequest request) =>
        (await vm.Ask<CallEnded>(new Submit(request, Answer), Queue)).Outcome;

    private static string Why(AgentOutcome outcome) => outcome switch
    {
        AgentOutcome.Refused { Error.IsCommandNotFound: true } => Disabled,
        AgentOutcome.Refused refused => refused.Error.Description,
        AgentOutcome.NotSent notSent => notSent.Reason,
        AgentOutcome.Unknown unknown => unknown.Reason,
        var other => other.ToString(),
    };
}
