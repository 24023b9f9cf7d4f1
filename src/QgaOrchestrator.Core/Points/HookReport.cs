namespace QgaOrchestrator.Core.Points;

/// <summary>
/// What the guest's freeze hooks have proved of one window. It follows from the status file as it was before the freeze and
/// after the thaw: only a sequence number that has risen by one, within one boot, belongs to our freeze and to no other.
/// </summary>
/// <param name="Reported">Every script has told that its application agreed, at the freeze and at the thaw.</param>
/// <param name="Scripts">Their names, as the proof shows them; null where nothing is proved.</param>
/// <param name="Note">Why nothing is proved, in words; null where it is.</param>
public sealed record HookReport(bool Reported, string? Scripts, string? Note)
{
    /// <summary>Of a guest that was thawed.</summary>
    public static HookReport Judge(HookReading before, HookReading after) => (before, after) switch
    {
        (HookReading.Absent, HookReading.Absent) => Nothing("no freeze hook in the guest reports its status"),
        (HookReading.Unreadable u, _) => Nothing($"the guest's freeze hook cannot be asked: {u.Reason}"),
        (_, HookReading.Unreadable u) => Nothing($"the guest's freeze hook cannot be asked: {u.Reason}"),
        (_, HookReading.Absent) => Nothing("the status of the guest's freeze hook has vanished: the guest was booted again"),
        (HookReading.Seen b, HookReading.Seen a) when a.Status.BootId != b.Status.BootId => Nothing("the guest was booted again"),
        (_, HookReading.Seen a) => (a.Status.Sequence - Sequence(before)) switch
        {
            < 1 => Nothing("the guest's freeze hook was not called: its qemu-ga runs without it (-F)"),
            1 => Judge(a.Status),
            _ => Nothing("another freeze came between: what the guest's hook reports is not known to be ours"),
        },
        _ => throw new InvalidOperationException("no other reading exists"),
    };

    /// <summary>The script that made the guest refuse this freeze, in words; null where no script is known to have.</summary>
    public static string? Refusal(HookReading before, HookReading after) =>
        after is HookReading.Seen { Status: var status } && before is not HookReading.Unreadable
            && status.Sequence == Sequence(before) + 1 ? Failure(status.Freeze) : null;

    private static HookReport Judge(HookStatus status) => status switch
    {
        { Thaw: null } => Nothing("the guest's freeze hook has not reported its thaw"),
        { Freeze.Count: 0 } => Nothing("the guest's freeze hook has no scripts"),
        { Freeze: var freeze } when Failure(freeze) is { } failed => Nothing(failed),
        { Thaw: var thaw } when Failure(thaw) is { } failed => Nothing($"at the thaw, {failed}"),
        { Freeze: var freeze, Thaw: var thaw } when freeze.FirstOrDefault(s => thaw.All(t => t.Name != s.Name)) is { } silent =>
            Nothing($"script {silent.Name} of the guest's freeze hook has not reported its thaw"),
        _ => new(true, string.Join(", ", status.Freeze.Select(script => script.Name)), null),
    };

    private static string? Failure(IReadOnlyList<HookScript> scripts) =>
        scripts.FirstOrDefault(script => script.Status != 0) is { } failed
            ? $"script {failed.Name} of the guest's freeze hook failed ({failed.Error ?? $"status {failed.Status}"})" : null;

    /// <summary>Without a file the next freeze is the boot's first.</summary>
    private static long Sequence(HookReading reading) =>
        reading is HookReading.Seen { Status.Sequence: var sequence } ? sequence : 0;

    private static HookReport Nothing(string note) => new(false, null, note);
}
