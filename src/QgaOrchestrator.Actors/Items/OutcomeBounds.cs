using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Items;

/// <summary>
/// An outcome goes into the journal, the views, the audit log and every list of the run: whatever it was put together from, it
/// is two lines of a bounded length when it leaves its VM.
/// </summary>
internal static class OutcomeBounds
{
    /// <summary>Bytes: a check's reason holds all that was found.</summary>
    private const int Most = 4 * 1024;

    public static ItemOutcome Bounded(this ItemOutcome outcome) =>
        outcome with { Reason = Line(outcome.Reason), Remedy = Line(outcome.Remedy) };

    private static string? Line(string? text) => text is null ? null : ForeignText.Message(text, Most);
}
