using System.Threading.Tasks.Sources;

namespace QgaOrchestrator.Qemu.Tests.Wire;

/// <summary>
/// Receives as a socket does: what has come, as far as the buffer goes; into an empty buffer, nothing, once something is there.
/// Who waits goes on inside <see cref="Feed"/>.
/// </summary>
internal sealed class HandFed : IValueTaskSource<int>
{
    private ReadOnlyMemory<byte> _come;
    private bool _ended;
    private Memory<byte>? _waiting;
    private CancellationTokenRegistration _cancel;
    private ManualResetValueTaskSourceCore<int> _received;

    /// <summary>All that was fed before must have been received.</summary>
    public void Feed(ReadOnlyMemory<byte> bytes)
    {
        Assert.True(_come.IsEmpty);
        _come = bytes;
        GoOn();
    }

    public void End()
    {
        _ended = true;
        GoOn();
    }

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (!_come.IsEmpty || _ended)
            return ValueTask.FromResult(PutInto(buffer));
        _waiting = buffer;
        _received.Reset();
        _cancel = cancel.Register(() =>
        {
            _waiting = null;
            _received.SetException(new OperationCanceledException(cancel));
        });
        return new(this, _received.Version);
    }

    private void GoOn()
    {
        if (_waiting is not { } buffer) return;
        _waiting = null;
        _cancel.Dispose();
        _received.SetResult(PutInto(buffer));
    }

    private int PutInto(Memory<byte> buffer)
    {
        var received = _come[..Math.Min(buffer.Length, _come.Length)];
        received.CopyTo(buffer);
        _come = _come[received.Length..];
        return received.Length;
    }

    int IValueTaskSource<int>.GetResult(short token) => _received.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _received.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags
    ) => _received.OnCompleted(continuation, state, token, flags);
}
