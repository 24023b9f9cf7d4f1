namespace QgaOrchestrator.Qemu.Wire;

/// <summary>One line's part of a <see cref="LineShares"/>, until it is disposed.</summary>
internal sealed class LineShare(LineShares from, int bytes, CancellationTokenSource letGo) : IDisposable
{
    public int Bytes => bytes;

    /// <summary>When it was taken.</summary>
    public long Since { get; set; }

    public CancellationTokenSource LetGo => letGo;

    public TaskCompletionSource<LineShare> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => from.GiveBack(this);
}

/// <summary>So many bytes, and who has them: first come, first served. See <see cref="LineMemory"/>.</summary>
internal sealed class LineShares
{
    private readonly Lock _gate = new();
    private readonly LinkedList<LineShare> _held = [], _waiting = [];
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _free;

    public LineShares(long capacity, TimeProvider time)
    {
        (Capacity, _free, _time) = (capacity, capacity, time);
        _timer = time.CreateTimer(static shares => ((LineShares)shares!).TakeBack(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public long Capacity { get; }

    public long Held
    {
        get { lock (_gate) return Capacity - _free; }
    }

    public async Task<LineShare> TakeAsync(int bytes, CancellationTokenSource letGo)
    {
        var share = new LineShare(this, (int)Math.Min(bytes, Capacity), letGo);
        lock (_gate)
        {
            _waiting.AddLast(share);
            Grant();
        }
        using var gaveUp = letGo.Token.Register(() => GiveUp(share));
        return await share.Turn.Task.ConfigureAwait(false);
    }

    public void GiveBack(LineShare share)
    {
        lock (_gate)
        {
            if (!_held.Remove(share)) return;
            _free += share.Bytes;
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
        while (_waiting.First?.Value is { } next && next.Bytes <= _free)
        {
            _waiting.RemoveFirst();
            _free -= next.Bytes;
            next.Since = _time.GetTimestamp();
            _held.AddLast(next);
            next.Turn.SetResult(next);
        }
        if (_waiting.Count > 0 && _held.First?.Value is { } oldest)
        {
            var left = LineMemory.Undisturbed - _time.GetElapsedTime(oldest.Since);
            _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Somebody waits: the shares that were held long enough are told to let go, the oldest first, until there is room.</summary>
    private void TakeBack()
    {
        var told = new List<LineShare>();
        lock (_gate)
        {
            if (_waiting.First?.Value is not { } next) return;
            var free = _free;
            foreach (var held in _held)
            {
                if (free >= next.Bytes || _time.GetElapsedTime(held.Since) < LineMemory.Undisturbed) break;
                free += held.Bytes;
                told.Add(held);
            }
            if (told.Count == 0) Grant();
        }
        foreach (var share in told) share.LetGo.Cancel();
    }
}
