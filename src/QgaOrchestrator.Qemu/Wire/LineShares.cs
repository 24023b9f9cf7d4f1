namespace QgaOrchestrator.Qemu.Wire;

/// <summary>One line's part of a <see cref="LineShares"/>, until it is disposed.</summary>
internal sealed class LineShare(LineShares from, int bytes, CancellationTokenSource letGo, TimeProvider time) : IDisposable
{
    private long _since;

    public int Bytes => bytes;

    public CancellationTokenSource LetGo => letGo;

    public TaskCompletionSource<LineShare> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>While it waits: rings when the oldest of those that are held was held long enough.</summary>
    public ITimer? Alarm { get; private set; }

    /// <summary>How long it has been held undisturbed.</summary>
    public TimeSpan Held => time.GetElapsedTime(_since);

    public void Take()
    {
        _since = time.GetTimestamp();
        Turn.SetResult(this);
    }

    public void RingIn(TimeSpan left, Action rung)
    {
        Alarm ??= time.CreateTimer(static rung => ((Action)rung!)(), rung, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Alarm.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => from.GiveBack(this);
}

/// <summary>So many bytes, and who has them: first come, first served. See <see cref="LineMemory"/>.</summary>
internal sealed class LineShares(long capacity)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<LineShare> _held = [], _waiting = [];
    private long _taken;

    public long Capacity => capacity;

    public long Held
    {
        get { lock (_gate) return _taken; }
    }

    public async Task<LineShare> TakeAsync(int bytes, CancellationTokenSource letGo, TimeProvider time)
    {
        var share = new LineShare(this, (int)Math.Min(bytes, capacity), letGo, time);
        lock (_gate)
        {
            _waiting.AddLast(share);
            Grant();
        }
        using var gaveUp = letGo.Token.Register(() => GiveUp(share));
        try
        {
            return await share.Turn.Task.ConfigureAwait(false);
        }
        finally
        {
            lock (_gate) share.Alarm?.Dispose();
        }
    }

    public void GiveBack(LineShare share)
    {
        lock (_gate)
        {
            if (!_held.Remove(share)) return;
            _taken -= share.Bytes;
            Grant();
        }
    }

    private void GiveUp(LineShare share)
    {
        lock (_gate)
        {
            if (!_waiting.Remove(share)) return;
            Grant();
        }
        share.Turn.SetCanceled(share.LetGo.Token);
    }

    private void Grant()
    {
        while (_waiting.First?.Value is { } next && next.Bytes <= capacity - _taken)
        {
            _waiting.RemoveFirst();
            _taken += next.Bytes;
            _held.AddLast(next);
            next.Take();
        }
        if (_waiting.First?.Value is { } first && _held.First?.Value is { } oldest)
            first.RingIn(LineMemory.Undisturbed - oldest.Held, TakeBack);
    }

    /// <summary>Somebody waits: the shares that were held long enough are told to let go, the oldest first, until there is
    /// room.</summary>
    private void TakeBack()
    {
        var told = new List<LineShare>();
        lock (_gate)
        {
            if (_waiting.First?.Value is not { } next) return;
            var free = capacity - _taken;
            foreach (var held in _held)
            {
                if (free >= next.Bytes || held.Held < LineMemory.Undisturbed) break;
                free += held.Bytes;
                told.Add(held);
            }
            if (told.Count == 0) Grant();
        }
        foreach (var share in told) share.LetGo.Cancel();
    }
}
