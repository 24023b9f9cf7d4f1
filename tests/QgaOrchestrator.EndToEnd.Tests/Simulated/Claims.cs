using QgaOrchestrator.Api;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>What points say, against what the fleet saw of the same cuts.</summary>
internal static class Claims
{
    /// <summary>A sentence for each claim that the fleet contradicts.</summary>
    public static IEnumerable<string> Contradicted(SimulatedFleet fleet, IEnumerable<Point> points) =>
        points.SelectMany(point =>
            Of(fleet[point.Vm.Split('/')[^1]], point)
                .Select(wrong => $"{point.Vm} {point.Id} ({point.Method}, {point.Class}): {wrong}")
        );

    private static IEnumerable<string> Of(SimulatedVm vm, Point point)
    {
        // A snapshot's copies begin later, of a base that stands still since its overlay was put on it.
        var names = CutNames.FromHash(point.Id.Split('-')[^1]);
        var kind = point.Method == "snapshot" ? "-o" : "-t";
        if (
            vm
                .Cuts.Where(cut => cut.Nodes.Any(node => names.Owns(node) && node.EndsWith(kind, StringComparison.Ordinal)))
                .ToList()
            is not [var cut]
        )
        {
            yield return "its disks were not cut once";
            yield break;
        }
        if (cut.Nodes.Count != point.Disks.Count) yield return $"{point.Disks.Count} disks, and {cut.Nodes.Count} were cut";
        if (point.Class == ConsistencyClasses.Crash) yield break;
        if (!cut.Frozen)
        {
            yield return "the guest was not frozen at its cut";
            yield break;
        }
        var (freeze, proof) = (vm.Guest.Freezes[cut.Epoch - 1], point.Proof);
        if (proof.Frozen != freeze.Count || proof.Thawed != freeze.Count)
            yield return $"{proof.Frozen} frozen and {proof.Thawed} thawed, and there were {freeze.Count}";
        // Each instant is that of a reply's arrival: later than what the guest did, earlier than what was sent next.
        if (!(proof.FrozenAt >= freeze.FrozenAt && proof.FrozenAt <= cut.At))
            yield return $"frozen at {proof.FrozenAt:O}, and it was {freeze.FrozenAt:O}, cut {cut.At:O}";
        if (!(proof.CutAt >= cut.At && proof.CutAt <= freeze.ThawedAt))
            yield return $"cut at {proof.CutAt:O}, and it was {cut.At:O}, thawed {freeze.ThawedAt:O}";
        if (!(proof.ThawedAt >= freeze.ThawedAt)) yield return $"thawed at {proof.ThawedAt:O}, and it was {freeze.ThawedAt:O}";
    }
}
