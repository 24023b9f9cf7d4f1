namespace QgaOrchestrator.Simulator;

/// <summary>A job as query-jobs lists it. Progress is computed from the clock, so a slow copy costs no ticks.</summary>
public sealed class BlockJob
{
    private readonly TimeProvider _time;
    private double _offset;
    private double _rate;
    private long _since;

    internal BlockJob(string id, string type, long length, TimeProvider time)
    {
        (Id, Type, Length, _time) = (id, type, length, time);
        _since = time.GetTimestamp();
    }

    public string Id { get; }

    /// <summary>create, backup or commit.</summary>
    public string Type { get; }

    /// <summary>created, running, paused, ready, pending, concluded, null: the states that last.</summary>
    public string Status { get; internal set; } = "created";

    public long Length { get; }

    public string? Error { get; internal set; }

    public long Speed { get; internal set; }

    public long Offset => (long)Math.Min(Length, _offset + (_rate * _time.GetElapsedTime(_since).TotalSeconds));

    internal bool AutoFinalize { get; init; } = true;

    internal bool AutoDismiss { get; init; } = true;

    internal bool HasEnded => Status is "pending" or "concluded" or "null";

    /// <summary>Nodes that it keeps busy.</summary>
    internal List<BlockNode> Nodes { get; } = [];

    internal BlockNode? Filter { get; set; }

    internal Action? OnSuccess { get; set; }

    internal TaskCompletionSource Changed { get; private set; } = NewSignal();

    internal TaskCompletionSource Completing { get; } = NewSignal();

    /// <summary>From now on it copies at this speed (bytes a second), or stands still.</summary>
    internal void CopyAt(double bytesPerSecond)
    {
        _offset = Offset;
        _since = _time.GetTimestamp();
        _rate = bytesPerSecond;
        Poke();
    }

    /// <summary>How long until it has copied that many bytes; null: never at this speed.</summary>
    internal TimeSpan? Until(double offset)
    {
        var left = offset - (_offset + (_rate * _time.GetElapsedTime(_since).TotalSeconds));
        if (left <= 0) return TimeSpan.Zero;
        return _rate <= 0 ? null : TimeSpan.FromSeconds(Math.Min(left / _rate, 86400));
    }

    internal void Poke()
    {
        var changed = Changed;
        Changed = NewSignal();
        changed.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
