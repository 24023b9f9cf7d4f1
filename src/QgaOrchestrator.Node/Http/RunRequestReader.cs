using System.Text.Json;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http;

/// <summary>The body of POST /v1/runs.</summary>
public static class RunRequestReader
{
    public static RouteBody Body(RunKinds kinds) =>
        new(["kind", "select", "options"], $$"""Send {"kind":"{{kinds.All[0].Name}}","select":"app=db"}.""");

    /// <exception cref="ProblemException">400, with everything that is wrong.</exception>
    public static (RunKind Kind, string Select, RunOptions Options) Read(ReadOnlyMemory<byte> body, RunKinds kinds)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var faults = new List<string>();
        var kind = kinds.Find(Text(root, "kind", faults) ?? "");
        if (kind is null) faults.Add($"kind: one of {string.Join(", ", kinds.All.Select(k => k.Name))} is expected");
        var select = Text(root, "select", faults);
        if (kind is { NeedsSelector: true } && string.IsNullOrWhiteSpace(select))
            faults.Add("select: this kind needs one; say * for every VM");
        var parsed = kind?.ParseOptions(root.TryGetProperty("options", out var options) ? options : null);
        faults.AddRange(parsed?.Errors ?? []);
        return faults.Count == 0 && parsed is { Options: { } complete }
            ? (kind!, string.IsNullOrWhiteSpace(select) ? "*" : select, complete)
            : throw new ProblemException(Problems.BadRequest(faults, "Correct each of these."));
    }

    private static string? Text(JsonElement root, string name, List<string> faults)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.String) return value.GetString();
        faults.Add($"{name}: a string is expected");
        return null;
    }
}
