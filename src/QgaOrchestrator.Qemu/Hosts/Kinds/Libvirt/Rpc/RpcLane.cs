using System.Threading.Channels;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

/// <summary>
/// A bounded way to libvirt's daemon: at most so many connections, opened when they are needed, and 4 calls on each, since the
/// daemon works at 5 of a client and lets the rest wait unread. A call keeps its place until the daemon has ended it, however
/// long ago its caller has left.
/// </summary>
/// <param name="open">Opens a connection.</param>
/// <param name="most">Connections.</param>
/// <param name="longestPause">After connections that failed one after the other; zero: every call tries.</param>
internal sealed class RpcLane(Func<Task<RpcOpening>> open, int most, TimeSpan longestPause, TimeProvider time)
{
    private const int CallsPerConnection = 4;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();

    /// <summary>Holds an element for each call that has a place.</summary>
    private readonly Channel<bool> _places = Channel.CreateBounded<bool>(most * CallsPerConnection);

    private readonly List<Line> _lines = [];
    private int _failures;
    private (long At, TimeSpan Pause, string Reason)? _failed;

    /// <summary>A connection was lost, and nobody here closed it.</summary>
    public event Action<string>? Lost;

    /// <param name="timeout">With the wait for a place, and for a connection.</param>
    public async Task<RpcOutcome> CallAsync(RpcCall call, TimeSpan timeout)
    {
        var start = time.GetTimestamp();
        using (var late = new CancellationTokenSource(timeout, time))
        {
            try
            {
                await _places.Writer.WriteAsync(true, late.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return new RpcOutcome.NotSent(
                    $"libvirt's daemon is still at {most * CallsPerConnection} other calls of this node");
            }
        }
        if (Take() is not { } line)
        {
            _places.Reader.TryRead(out _);
            return new RpcOutcome.NotSent(_failed!.Value.Reason);
        }
        var reply = line.CallAsync(call);
        _ = FreeAsync(reply, line);
        try
        {
            return await reply.WaitAsync(time.Left(timeout, start), time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Where the connection is not open yet, it will be, and then takes the call.
            return new RpcOutcome.Unknown($"no answer of libvirt's daemon within {timeout.TotalSeconds:0.###} s", reply);
        }
    }

    /// <summary>Opens the first connection, so that no call has to wait for it.</summary>
    public void Warm()
    {
        Line line;
        lock (_gate)
        {
            if (_lines.Count > 0) return;
            _lines.Add(line = new Line());
        }
        _ = OpenAsync(line);
    }

    /// <summary>Drops all connections; calls under way end as unknown.</summary>
    public void Close()
    {
        Line[] lines;
        lock (_gate)
        {
            lines = [.. _lines];
            _lines.Clear();
        }
        foreach (var line in lines) line.Close();
    }

    private async Task FreeAsync(Task<RpcOutcome> reply, Line line)
    {
        await reply.ConfigureAwait(false);
        lock (_gate) line.Calls--;
        _places.Reader.TryRead(out _);
    }

    /// <returns>Null: the last connection failed a moment ago.</returns>
    private Line? Take()
    {
        Line line;
        lock (_gate)
        {
            if (_lines.FirstOrDefault(known => known.Calls < CallsPerConnection) is { } known)
            {
                known.Calls++;
                return known;
            }
            if (_failed is { } failed && time.GetElapsedTime(failed.At) < failed.Pause) return null;
            _lines.Add(line = new Line { Calls = 1 });
        }
        _ = OpenAsync(line);
        return line;
    }

    private async Task OpenAsync(Line line)
    {
        var opening = await open().ConfigureAwait(false);
        lock (_gate)
        {
            switch (opening)
            {
                case RpcOpening.Ready ready:
                    (_failures, _failed) = (0, null);
                    ready.Connection.Closed += reason =>
                    {
                        lock (_gate) _lines.Remove(line);
                        Lost?.Invoke(reason);
                    };
                    if (!ready.Connection.IsOpen) _lines.Remove(line);
                    break;
                case RpcOpening.NoDaemon none:
                    Fail(line, none.Reason);
                    break;
                case RpcOpening.NoAnswer none:
                    Fail(line, none.Reason);
                    break;
            }
        }
        line.Open(opening);
    }

    private void Fail(Line line, string reason)
    {
        _lines.Remove(line);
        var pause = FirstPause * Math.Pow(2, Math.Min(_failures++, 16));
        _failed = (time.GetTimestamp(), pause < longestPause ? pause : longestPause, reason);
    }

    /// <summary>A connection that is open, or being opened.</summary>
    private sealed class Line
    {
        private readonly TaskCompletionSource<RpcOpening> _opening = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Calls { get; set; }

        public void Open(RpcOpening opening)
        {
            if (!_opening.TrySetResult(opening)) (opening as RpcOpening.Ready)?.Connection.Dispose();
        }

        public void Close()
        {
            if (_opening.TrySetResult(new RpcOpening.NoAnswer("closed by its owner"))) return;
            (_opening.Task.Result as RpcOpening.Ready)?.Connection.Dispose();
        }

        public async Task<RpcOutcome> CallAsync(RpcCall call) => await _opening.Task.ConfigureAwait(false) switch
        {
            RpcOpening.Ready ready => await ready.Connection.Execute(call).ConfigureAwait(false),
            RpcOpening.NoDaemon none => new RpcOutcome.NotSent(none.Reason),
            RpcOpening.NoAnswer none => new RpcOutcome.NotSent(none.Reason),
            var other => throw new InvalidOperationException($"unexpected {other}"),
        };
    }
}
