using System.Text.Json;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Tests.Runs;

/// <summary>Events as the journal holds them.</summary>
internal static class Stored
{
    public static (string Manifest, string Json) Write(RunEvent e)
    {
        var (manifest, type) = RunEventCatalog.Manifests.Single(row => row.Value.Type == e.GetType());
        return (manifest, JsonSerializer.Serialize(e, type));
    }

    public static RunEvent Read(string manifest, string json) =>
        (RunEvent)JsonSerializer.Deserialize(json, RunEventCatalog.Manifests[manifest])!;

    public static RunEvent Again(RunEvent e)
    {
        var (manifest, json) = Write(e);
        return Read(manifest, json);
    }
}
