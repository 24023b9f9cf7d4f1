using System.Text.Json;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds;

namespace QgaOrchestrator.Actors.Stores;

/// <summary>
/// The result of one item of a run. Where a guest must not be asked twice it is written before, so that after a crash its
/// successor knows that it was asked; and with the result, because the agent forgets it.
/// </summary>
/// <param name="Item">Index of the item in its run.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="Vm">Name of the VM.</param>
/// <param name="Host">Its host.</param>
/// <param name="AskedAt">UTC; nothing was sent before.</param>
public sealed record ItemResult(int Item, int Attempt, string Vm, string Host, DateTimeOffset AskedAt)
{
    /// <summary>In the guest, of a process that was started.</summary>
    public long? Pid { get; init; }

    /// <summary>The directory in the guest that holds what the process says; null: its agent keeps that, or nobody.</summary>
    public string? Folder { get; init; }

    /// <summary>Null until the item has ended.</summary>
    public ItemState? State { get; init; }

    public string? Reason { get; init; }

    public string? Remedy { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public long? ExitCode { get; init; }

    /// <summary>What ended the process, where it has no exit code. On Windows an NTSTATUS.</summary>
    public long? Signal { get; init; }

    /// <summary>What the kind's own columns show; null: nothing.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Values { get; init; }

    /// <summary>What was kept of each stream, by its name: return, out, err.</summary>
    public IReadOnlyDictionary<string, KeptStream> Streams { get; init; } = new Dictionary<string, KeptStream>();

    public KeptCall ToKeptCall() => new(Attempt, State is not null, Pid is not null);

    public ItemOutcome ToOutcome() =>
        new(Item, Attempt, State ?? throw new InvalidOperationException("the item has not ended"), Reason, Remedy);
}

/// <summary>A stream that was kept.</summary>
/// <param name="Bytes">How many bytes were kept.</param>
/// <param name="Sha256">Of those bytes, lower-case hex.</param>
/// <param name="Truncated">The rest was dropped: an agent keeps 16 MiB of a stream, a host 1 GiB of all results.</param>
public sealed record KeptStream(long Bytes, string Sha256, bool Truncated = false);

/// <summary>A stream that is to be kept.</summary>
/// <param name="Name">return, out or err.</param>
/// <param name="Bytes">All that there is of it.</param>
/// <param name="Truncated">The agent has dropped the rest.</param>
public readonly record struct StreamBytes(string Name, ReadOnlyMemory<byte> Bytes, bool Truncated = false);
