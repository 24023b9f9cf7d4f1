using System.Text;
using System.Text.Json;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Cut.Methods.Hook;

/// <summary>The protocol of a storage hook, version 1 (config/hooks/README.md): one JSON object in, one out.</summary>
internal static class HookCall
{
    private const int Version = 1;

    /// <summary>What a hook is told in every phase.</summary>
    /// <param name="phase">prepare, cut, finish or undo.</param>
    /// <param name="vm">As in HOST~VM.</param>
    public static ReadOnlyMemory<byte> Write(
        string phase,
        string vm,
        CutNames names,
        string target,
        IReadOnlyList<PlannedDisk> disks
    ) =>
        MonitorArguments.Write(json =>
        {
            json.WriteNumber("version", Version);
            json.WriteString("phase", phase);
            json.WriteString("vm", vm);
            json.WriteString("name", Name(names));
            json.WriteString("target", target);
            json.WriteStartArray("disks");
            foreach (var disk in disks)
            {
                json.WriteStartObject();
                json.WriteNumber("index", disk.Index);
                json.WriteString("node", disk.Node);
                json.WriteString("qdev", disk.Qdev);
                json.WriteNumber("size", disk.Size);
                json.WriteString("file", disk.File);
                json.WriteString("format", disk.Format);
                json.WriteString("serial", disk.Serial);
                json.WriteString("image", disk.Image);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });

    /// <summary>As in q-abcdefghij: fit for a snapshot's name in any storage, and the mark of the hook's processes.</summary>
    public static string Name(CutNames names) => $"q-{names.Hash}";

    /// <summary>What became of a phase. A hook has succeeded only where it says so: exit code 0, and an object without
    /// error.</summary>
    public static HookAnswer Read(HookEnd end)
    {
        var (isObject, error, remedy) = Parse(end.Output);
        return end switch
        {
            { ExitCode: null } => new HookAnswer.Unclear("it exceeded its time limit and was killed"),
            { ExitCode: 0 } when !isObject =>
                new HookAnswer.Unclear($"it exited with 0 but printed no JSON object: {Shown(end.Output)}"),
            { ExitCode: 0 } when error is null => new HookAnswer.Done(),
            { ExitCode: 0 } => new HookAnswer.Failed(error, remedy),
            { ExitCode: var code } =>
                new HookAnswer.Failed(
                    error ?? (end.Errors.Length > 0 ? ForeignText.Message(end.Errors) : $"exit code {code}"), remedy),
        };
    }

    private static (bool IsObject, string? Error, string? Remedy) Parse(string output)
    {
        try
        {
            using var document = JsonDocument.Parse(JsonText.Mended(Encoding.UTF8.GetBytes(output)));
            return document.RootElement is { ValueKind: JsonValueKind.Object } root
                ? (true, Text(root, "error"), Text(root, "remedy")) : default;
        }
        catch (JsonException)
        {
            return default;
        }
    }

    /// <summary>An error of any other shape is an error all the same.</summary>
    private static string? Text(JsonElement root, string name) =>
        !root.TryGetProperty(name, out var value)
            ? null
            : value.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.String => ForeignText.Message(value.GetString()!),
                _ => ForeignText.Message(value.GetRawText()),
            };

    private static string Shown(string output) =>
        output.Trim() is { Length: > 0 } text ? $"\"{ForeignText.Message(text, ForeignText.ExcerptBytes)}\"" : "nothing";
}

/// <summary>What a hook answered.</summary>
internal abstract record HookAnswer
{
    private HookAnswer() { }

    public sealed record Done : HookAnswer;

    /// <param name="Remedy">Null where it names none.</param>
    public sealed record Failed(string Error, string? Remedy) : HookAnswer;

    /// <summary>It may have happened.</summary>
    public sealed record Unclear(string Reason) : HookAnswer;
}
