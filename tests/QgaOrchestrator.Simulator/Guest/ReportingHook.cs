using System.Text;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>
/// A hook that writes what its scripts said into /run/qga-hook/status.json, as deploy/guest-hooks/fsfreeze-hook does: its
/// freeze fails with a script, its thaw never.
/// </summary>
public sealed class ReportingHook(GuestFiles files, params IReadOnlyList<string> scripts)
{
    public const string StatusFile = "/run/qga-hook/status.json";

    private JsonArray _freeze = [];
    private int _sequence;

    /// <summary>Exit status of a script by "freeze NAME" or "thaw NAME"; 0 where it is not listed.</summary>
    public Dictionary<string, int> Status { get; } = [];

    public string BootId { get; set; } = "4dd0fe65-7e3a-4a08-a6a7-0b4ed5b1c57f";

    /// <summary>Its exit status.</summary>
    internal int Run(string phase)
    {
        var said = new JsonArray([.. scripts.Select(script => (JsonNode)new JsonObject
        {
            ["name"] = script,
            ["status"] = Status.GetValueOrDefault($"{phase} {script}"),
            ["ms"] = 10,
        })]);
        if (phase == "freeze") (_sequence, _freeze) = (_sequence + 1, said);
        files[StatusFile] = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["version"] = 1,
            ["sequence"] = _sequence,
            ["bootId"] = BootId,
            ["freeze"] = _freeze.DeepClone(),
            ["thaw"] = phase == "freeze" ? null : said,
        }.ToJsonString());
        return phase == "freeze" && said.Any(script => (int)script!["status"]! != 0) ? 1 : 0;
    }
}
