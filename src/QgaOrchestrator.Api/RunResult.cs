using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Api;

/// <summary>What one VM of a run gave back. Kept for 7 days, up to 1 GiB a host.</summary>
/// <param name="Index">The item's place in the run.</param>
/// <param name="State">One of <see cref="ItemStates"/>; running until it has ended.</param>
public sealed record RunResult(int Index, string Vm, string Host, int Attempt, string State)
{
    public string? Reason { get; init; }
    public string? Remedy { get; init; }
    public DateTimeOffset? AskedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>Of a process in the guest.</summary>
    public long? Pid { get; init; }
    public long? ExitCode { get; init; }
    /// <summary>What ended the process, where it has no exit code.</summary>
    public long? Signal { get; init; }
    /// <summary>A command's "return" member; null where it is larger than 64 KiB: fetch the stream.</summary>
    public JsonElement? Return { get; init; }
    /// <summary>What the kind's own columns show, by their names; null: nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, JsonElement>? Values { get; init; }
    /// <summary>What was kept, by the stream's name: return, out, err.</summary>
    public IReadOnlyDictionary<string, ResultStream> Streams { get; init; } = new Dictionary<string, ResultStream>();
}

/// <param name="Bytes">How many were kept.</param>
/// <param name="Sha256">Of them, lower-case hex: equal outputs have equal ones.</param>
/// <param name="Truncated">The rest was dropped: an agent keeps 16 MiB of a process's stream, a host 1 GiB of all.</param>
/// <param name="Text">The first <see cref="TextBytes"/> as UTF-8.</param>
public sealed record ResultStream(long Bytes, string Sha256, bool Truncated, string Text)
{
    public const int TextBytes = 4096;
}
