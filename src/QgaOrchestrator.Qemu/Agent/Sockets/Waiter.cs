using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Agent.Sockets;

/// <summary>
/// Somebody who waits for one outcome, and the time-out. It goes on where it is completed: see <see cref="SocketAgent"/>.
/// </summary>
internal sealed class Waiter<T>(TimeProvider time, Action<object, TimeSpan> expired) : TaskCompletionSource<T>
{
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private TimeSpan _timeout;
    private bool _completed;
    private long _armed;

    /// <summary>What is left of the time-out.</summary>
    public TimeSpan Left => time.Left(_timeout, _armed);

    /// <summary>Before anything is written: what is answered at once must find its timer.</summary>
    public void Arm(TimeSpan timeout)
    {
        (_armed, _timeout) = (time.GetTimestamp(), timeout);
        var timer = time.CreateTimer(static waiter => ((Waiter<T>)waiter!).Expire(), this, timeout, Timeout.InfiniteTimeSpan);
        lock (_gate)
        {
            _timer = timer;
            if (!_completed)
                return;
        }
        timer.Dispose();
    }

    public void Complete(T outcome)
    {
        lock (_gate)
        {
            _completed = true;
            _timer?.Dispose();
        }
        SetResult(outcome);
    }

    private void Expire() => expired(this, _timeout);
}

internal static class Waiters
{
    /// <summary>Who is taken is completed once.</summary>
    public static T? Take<T>(ref T? waiter) where T : class
    {
        var taken = waiter;
        waiter = null;
        return taken;
    }
}
