using Akka.Actor;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>Looks at the status file of the guest's freeze hook through the agent: before the freeze, and after the
/// thaw.</summary>
internal static class GuestHooks
{
    /// <summary>On a tmpfs of the guest, which no freeze touches (deploy/guest-hooks/fsfreeze-hook).</summary>
    public const string StatusFile = "/run/qga-hook/status.json";

    /// <summary>In bytes: room for dozens of scripts. A longer file is not written by our hook.</summary>
    private const int Most = 64 * 1024;

    /// <summary>Before the freeze; null if our hook cannot run there: Windows has its own, and a guest that is not frozen calls
    /// none.</summary>
    public static async Task<HookReading?> BeforeAsync(IActorRef vm, GuestView guest, bool freezes) =>
        freezes && guest.Inventory?.OsId != "mswindows" ? await ReadAsync(vm, guest.Info) : null;

    /// <summary>After the thaw: what the hook has reported of this freeze; null where it was not asked.</summary>
    public static async Task<HookReport?> AfterAsync(IActorRef vm, HookReading? before) =>
        before is null ? null : Bounded(HookReport.Judge(before, await AgainAsync(vm, before)));

    /// <summary>Each script's name is short (<see cref="HookReading.Parse"/>), but their number has no limit.</summary>
    private static HookReport Bounded(HookReport report) => report with
    {
        Scripts = report.Scripts is null ? null : ForeignText.Message(report.Scripts),
        Note = report.Note is null ? null : ForeignText.Message(report.Note),
    };

    /// <summary>After a freeze that the guest refused: the script that made it, in words; null where none is known to
    /// have.</summary>
    public static async Task<string?> RefusalAsync(IActorRef vm, HookReading? before) =>
        before is null ? null : HookReport.Refusal(before, await AgainAsync(vm, before));

    /// <summary>A status file that could not be read before the freeze proves nothing afterwards.</summary>
    private static async Task<HookReading> AgainAsync(IActorRef vm, HookReading before) =>
        before is HookReading.Unreadable ? before : await ReadAsync(vm);

    /// <summary>Never throws because of the guest: a file that cannot be read proves nothing and stops nothing.</summary>
    /// <param name="vm">The VM's own actor.</param>
    /// <param name="agent">What the agent offers, null where that is not known.</param>
    public static async Task<HookReading> ReadAsync(IActorRef vm, AgentInfo? agent = null) =>
        await GuestFile.ReadAsync(vm, StatusFile, Most, agent) switch
        {
            GuestFile.Content content => HookReading.Parse(content.Bytes),
            GuestFile.Absent => new HookReading.Absent(),
            GuestFile.Unreadable unreadable => new HookReading.Unreadable(unreadable.Reason),
            var other => throw new InvalidOperationException($"no other reading exists: {other}"),
        };
}
