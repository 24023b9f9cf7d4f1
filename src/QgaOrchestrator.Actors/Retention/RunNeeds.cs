using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Cut.Methods;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Retention;

/// <summary>What still needs a run on this host: an outcome in the freeze ledger, an overlay that a VM writes to, a
/// point.</summary>
/// <param name="host">This node's host: nothing is known here of the points of another one.</param>
/// <param name="inLedger">Runs that the freeze ledger names.</param>
/// <param name="active">Hashes of the attempts that left something active in their VM.</param>
/// <param name="kinds">The kinds that this node knows.</param>
internal sealed class RunNeeds(string host, IReadOnlySet<string> inLedger, IReadOnlySet<string> active, RunKinds kinds)
{
    /// <exception cref="IOException">A file cannot be read. Any run may be needed, so none may be removed.</exception>
    public static RunNeeds Read(string host, FreezeLedger ledger, CutHost cuts, RunKinds kinds)
    {
        var entries = ledger.ReadAll();
        if (entries.Damaged is [var damaged, ..]) throw new IOException($"the freeze ledger's file is damaged: {damaged}");
        try
        {
            return new(
                host,
                entries.Entries.Select(entry => entry.Run).ToHashSet(),
                CutMethods.All.SelectMany(method => method.Active(cuts)).ToHashSet(),
                kinds
            );
        }
        catch (CutException unreadable)
        {
            throw new IOException(unreadable.Message, unreadable);
        }
    }

    /// <summary>Whether an ended run is still needed. One of a kind that this node does not know is: nobody knows what it
    /// made.</summary>
    public bool Needs(RunSummary run, IReadOnlyList<RunItemView> items) =>
        kinds.Find(run.Kind) is not { } kind
        || inLedger.Contains(run.Id)
        || items.Any(item =>
            IsActive(run.Id, item) || (kind.PointOf(item.Values) is { } point && !IsGone(item, point.Directory)));

    private bool IsActive(string run, RunItemView item) => active.Count > 0
        && Enumerable.Range(1, item.Attempt).Any(attempt => active.Contains(CutNames.For(run, item.Index, attempt).Hash));

    /// <summary>The point's directory is missing, but its target is mounted: an unmounted one is missing or empty.</summary>
    private bool IsGone(RunItemView item, string directory)
    {
        if (item.Vm.Host != host || Directory.Exists(directory)) return false;
        var target = Path.GetDirectoryName(Path.GetDirectoryName(directory));
        return Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any();
    }
}
