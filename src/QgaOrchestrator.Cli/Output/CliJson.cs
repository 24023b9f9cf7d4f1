using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using QgaOrchestrator.Api;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Cli.Output;

/// <summary>A run with all its items: what following it ends with.</summary>
internal sealed record RunReport(Run Run, IReadOnlyList<ItemStatus> Items)
{
    /// <summary>With its host only where there are several.</summary>
    public string NameOf(ItemStatus item) => _manyHosts ? $"{item.Host}/{item.Vm}" : item.Vm;

    private readonly bool _manyHosts = Items.Select(item => item.Host).Distinct().Skip(1).Any();
}

/// <summary>One guest that a thaw was tried on.</summary>
internal sealed record ThawReport(string Vm, bool Thawed, long? FileSystems, string? Reason);

/// <summary>What a thaw did; <paramref name="Searched"/> are ledgers, where it was done by hand.</summary>
internal sealed record ThawReports(IReadOnlyList<string> Searched, IReadOnlyList<ThawReport> Vms);

/// <summary>One image that was checked or restored.</summary>
internal sealed record ImageReport(int Index, string File, bool Good, string? Reason);

/// <summary>A point whose files were checked or restored.</summary>
/// <param name="Good">All of them, also those of its machine.</param>
internal sealed record PointReport(string Point, bool Good, IReadOnlyList<ImageReport> Images)
{
    /// <summary>The files of its machine, where they were checked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<MachineFileReport>? MachineFiles { get; init; }

    /// <summary>Its machine, where it was restored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MachineReport? Machine { get; init; }
}

/// <summary>A file of a point's machine that was checked.</summary>
internal sealed record MachineFileReport(string File, bool Good, string? Reason);

/// <summary>A machine that was restored.</summary>
/// <param name="Files">That were written.</param>
/// <param name="Defined">The VM that was made, stopped; null: none was wanted.</param>
/// <param name="Commands">What is to be run.</param>
/// <param name="Notes">What is not restored, and what a person has to see to.</param>
internal sealed record MachineReport(
    string Kind, IReadOnlyList<string> Files, string? Defined, IReadOnlyList<string> Commands, IReadOnlyList<string> Notes);

/// <summary>One file of a guest's freeze hook: absent, current, older, edited, foreign, own (a script that is not shipped), or
/// just installed.</summary>
internal sealed record HookFileReport(string Path, string State, bool Executable);

/// <summary>A guest's freeze hook; <paramref name="Called"/> is what its qemu-ga calls, <paramref name="Remains"/> what is still
/// to be done.</summary>
internal sealed record GuestHookReport(
    string Vm, string? Called, IReadOnlyList<HookFileReport> Files, IReadOnlyList<string> Remains);

/// <summary>A file that was copied into or out of a guest.</summary>
/// <param name="Checked">How its SHA-256 was computed in the guest: sha256sum, or read (it was read back).</param>
/// <param name="Placed">renamed: written beside, then renamed; in-place.</param>
/// <param name="Resumed">Bytes that an earlier try had left there.</param>
internal sealed record CopyReport(
    string From, string To, long Bytes, string Sha256, string Checked, string Placed, long Resumed, double Seconds);

/// <summary>What a guest told of itself: each command's return as on the wire, and why others have none.</summary>
internal sealed record GuestReport(
    string Vm,
    [property: JsonPropertyName("told")] IReadOnlyDictionary<string, JsonElement> Answers,
    IReadOnlyDictionary<string, string> Lacking);

/// <summary>What became of it in one VM of several: what it gave, or why it failed.</summary>
internal sealed record PerVmReport(string Vm, JsonElement? Result, string? Error, string? Remedy);

/// <summary>How a process in a guest ended, and what it said, as UTF-8. One of <paramref name="ExitCode"/> and <paramref
/// name="Signal"/> is null.</summary>
internal sealed record ProcessReport(
    string Vm, long? ExitCode, long? Signal, string Out, string Err, bool OutTruncated, bool ErrTruncated);

/// <summary>A VM in which it was done.</summary>
internal sealed record DoneReport(string Vm);

/// <summary>A node by a name of the caller's; <paramref name="Current"/>: where a command names none.</summary>
internal sealed record ContextReport(string Name, string Api, string? Ca, string? TokenFile, bool Current);

/// <summary>The API's own shapes where there is one, indented for people with a json habit.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(RunReport))]
[JsonSerializable(typeof(ThawReports))]
[JsonSerializable(typeof(PointReport))]
[JsonSerializable(typeof(GuestHookReport))]
[JsonSerializable(typeof(GuestReport))]
[JsonSerializable(typeof(CopyReport))]
[JsonSerializable(typeof(DoneReport))]
[JsonSerializable(typeof(ProcessReport))]
[JsonSerializable(typeof(Page<PerVmReport>))]
[JsonSerializable(typeof(WokenVm))]
[JsonSerializable(typeof(Run))]
[JsonSerializable(typeof(Vm))]
[JsonSerializable(typeof(Point))]
[JsonSerializable(typeof(DeletedPoint))]
[JsonSerializable(typeof(Page<Vm>))]
[JsonSerializable(typeof(Page<Run>))]
[JsonSerializable(typeof(Page<RunResult>))]
[JsonSerializable(typeof(Page<Point>))]
[JsonSerializable(typeof(EscrowedAccount))]
[JsonSerializable(typeof(Page<EscrowedAccount>))]
[JsonSerializable(typeof(Recipient))]
[JsonSerializable(typeof(Page<Recipient>))]
[JsonSerializable(typeof(Host))]
[JsonSerializable(typeof(Page<Host>))]
[JsonSerializable(typeof(Page<Token>))]
[JsonSerializable(typeof(NewToken))]
[JsonSerializable(typeof(Page<AuditRecord>))]
[JsonSerializable(typeof(Page<ContextReport>))]
[JsonSerializable(typeof(AuditChain))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class CliJson : JsonSerializerContext
{
    /// <summary>A terminal and a pipe are no HTML page: names stay as they are.</summary>
    private static readonly CliJson _readable = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new MendedElementConverter() },
    });

    public static void Write<T>(TextWriter to, T value)
    {
        to.Write(Escaped(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)_readable.GetTypeInfo(typeof(T))!)));
        to.WriteLine();
    }

    /// <summary>A JSON that was read, as a file shows it.</summary>
    public static string Indented(JsonNode json)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true })) json.WriteTo(writer);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    public static JsonElement Element<T>(T value) =>
        JsonSerializer.SerializeToElement(value, (JsonTypeInfo<T>)_readable.GetTypeInfo(typeof(T))!);

    /// <summary>Such characters stand in texts alone: there an escape is the same value.</summary>
    private static string Escaped(string json)
    {
        if (!json.AsSpan().ContainsAnyExcept(_harmless)) return json;
        var escaped = new StringBuilder(json.Length + 64);
        foreach (var rune in json.EnumerateRunes())
        {
            if (rune.Value == '\n' || ForeignText.IsPlain(rune)) escaped.Append(rune.ToString());
            else foreach (var half in rune.ToString()) escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)half:x4}");
        }
        return escaped.ToString();
    }

    private static readonly SearchValues<char> _harmless = SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c), '\n']);
}
