using System.Globalization;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>What happened to a fleet, as one JSON object.</summary>
public static class FleetReport
{
    public static string Of(SimulatedFleet fleet) => QemuJson.Write(new JsonObject
    {
        ["frozenNow"] = fleet.FrozenNow,
        ["longestFrozenMs"] = Milliseconds(fleet.LongestFrozen),
        ["cuts"] = fleet.Cuts.Count,
        ["cutsNotFrozen"] = fleet.Cuts.Count(cut => !cut.Frozen),
        ["leftovers"] = fleet.Vms.Count(vm => vm.Blocks.Leftovers.Count + vm.Jobs.All.Count > 0),
        ["vms"] = new JsonArray([.. fleet.Vms.Select(Vm)]),
    });

    private static JsonNode Vm(SimulatedVm vm) => new JsonObject
    {
        ["vm"] = vm.Name,
        ["fault"] = vm.Fault,
        ["freezes"] = vm.Guest.Epoch,
        ["longestFrozenMs"] = Milliseconds(vm.Guest.LongestFrozen),
        ["frozen"] = vm.Guest.IsFrozen,
        ["cuts"] = new JsonArray([.. vm.Cuts.Select(cut => (JsonNode)new JsonObject
        {
            ["at"] = cut.At.ToString("O", CultureInfo.InvariantCulture),
            ["frozen"] = cut.Frozen,
            ["epoch"] = cut.Epoch,
        })]),
        ["nodes"] = Texts(vm.Blocks.Leftovers),
        ["jobs"] = Texts(vm.Jobs.All.Select(job => $"{job.Id} {job.Status}")),
    };

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 1);
}
