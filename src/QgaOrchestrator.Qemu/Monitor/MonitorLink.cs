using System.Buffers;
using System.Text.Json;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Monitor;

/// <summary>
/// One connection to a monitor, from connect to its end. Replies are matched by id, so a call that is overdue costs
/// nothing but its place: the late reply is recognised and dropped. When the link ends everyone who waits is told.
/// </summary>
internal sealed class MonitorLink(UnixConnection connection, TimeProvider time) : IDisposable
{
    /// <summary>QEMU's own queue: more would wait unread, and a monitor that hangs shall not collect retries.</summary>
    private const int InFlight = 8;

    private const string Ours = "the link was closed";

    private readonly SemaphoreSlim _places = new(InFlight);
    private readonly SemaphoreSlim _writing = new(1);
    private readonly CancellationTokenSource _over = new();
    private readonly TaskCompletionSource<Version> _greeting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<long, Waiting> _waiting = [];
    private readonly MonitorNoise _noise = new(time);
    private long _lastId;
    private volatile string? _end;

    /// <summary>QEMU's version; faulted with an <see cref="IOException"/> where the link ends before.</summary>
    public Task<Version> Greeting => _greeting.Task;

    public PeerCredentials? Peer => connection.Peer;

    public bool IsUp => _end is null;

    /// <summary>Reads until the link's end and returns its reason; null where we ended it ourselves.</summary>
    public async Task<string?> RunAsync(Action<MonitorEvent> happened)
    {
        var reason = "QEMU closed the monitor";
        try
        {
            while (await connection.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                if (Hear(line, happened) is not { } objection) continue;
                reason = objection;
                break;
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            reason = "the peer does not speak QMP";
        }
        catch (Exception error)
        {
            // Whatever it was, nobody reads any more: those who wait must not wait for ever.
            reason = $"the monitor's link broke: {error.Message}";
        }

        return End(reason) is Ours ? null : _end;
    }

    public async Task<MonitorOutcome> ExecuteAsync(string command, ReadOnlyMemory<byte> arguments, TimeSpan timeout)
    {
        using var due = new CancellationTokenSource(timeout, time);
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(due.Token, _over.Token);
        try
        {
            await _places.WaitAsync(wait.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new MonitorOutcome.NotSent(_end ?? $"{InFlight} commands wait for QEMU's answer already");
        }

        var (id, reply) = Register(command);
        if (await WriteAsync(Frame(command, arguments, id), wait.Token).ConfigureAwait(false) is { } notSent)
        {
            Deliver(new(id, notSent));
            return notSent;
        }

        try
        {
            return await reply.WaitAsync(due.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new MonitorOutcome.Unknown($"no reply within {timeout.TotalSeconds:0.###} s");
        }
    }

    /// <summary>Ends the link for <paramref name="reason"/>; returns the reason of its first end.</summary>
    public string End(string reason)
    {
        List<TaskCompletionSource<MonitorOutcome>> told;
        lock (_waiting)
        {
            if (_end is not null) return _end;
            _end = reason;
            told = [.. _waiting.Values.Select(waiting => waiting.Reply)];
            _waiting.Clear();
        }

        connection.Dispose();
        _greeting.TrySetException(new IOException(reason));
        foreach (var reply in told) reply.TrySetResult(new MonitorOutcome.Unknown(reason));
        _over.Cancel();
        return reason;
    }

    public void Dispose()
    {
        End(Ours);
        // Nobody may be there to ask for the greeting of a link that ended before it.
        _ = _greeting.Task.Exception;
    }

    /// <returns>Why the link ends; null: it goes on.</returns>
    private string? Hear(WireLine line, Action<MonitorEvent> happened)
    {
        if (MonitorNoise.Refuse(line) is { } refused) return refused;
        switch (line.Bytes.IsEmpty ? null : MonitorMessage.Parse(JsonText.Mended(line.Bytes).Span))
        {
            case MonitorMessage.Reply reply when Deliver(reply):
                _noise.Answered();
                return null;
            case MonitorMessage.Greeting greeting when _greeting.TrySetResult(greeting.Version):
                return null;
            case MonitorMessage.Happened message:
                happened(message.Event);
                return _noise.AddEvent(line);
            default:
                return _noise.Add(line);
        }
    }

    private (long Id, Task<MonitorOutcome> Reply) Register(string command)
    {
        var reply = new TaskCompletionSource<MonitorOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_waiting)
        {
            var id = ++_lastId;
            if (_end is not null) reply.SetResult(new MonitorOutcome.NotSent(_end));
            else _waiting.Add(id, new(reply, MonitorNoise.LargestReply(command)));
            LimitLines();
            return (id, reply.Task);
        }
    }

    /// <returns>False: nobody waits for it.</returns>
    private bool Deliver(MonitorMessage.Reply reply)
    {
        Waiting? waiting;
        lock (_waiting)
        {
            if (_waiting.Count == 0) return false;
            // Without an id (a line that QEMU could not read) it is the oldest one's: the monitor answers in order.
            if (!_waiting.Remove(reply.Id ?? _waiting.Keys.Min(), out waiting)) return false;
            LimitLines();
        }

        _places.Release();
        waiting.Reply.TrySetResult(reply.Outcome);
        return true;
    }

    /// <summary>A long line is what a query in flight may be answered by.</summary>
    private void LimitLines() =>
        connection.LineLimit = _waiting.Values.Select(waiting => waiting.LargestReply).Append(MonitorNoise.LongestEvent).Max();

    /// <returns>Null: written. A line that was cut short by the time-out ends the link: nothing may follow it.</returns>
    private async Task<MonitorOutcome?> WriteAsync(ReadOnlyMemory<byte> line, CancellationToken wait)
    {
        try
        {
            await _writing.WaitAsync(wait).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new MonitorOutcome.NotSent(_end ?? "QEMU does not read its monitor");
        }

        try
        {
            await connection.WriteAsync(line).AsTask().WaitAsync(wait).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            return new MonitorOutcome.Unknown(End("QEMU does not read its monitor"));
        }
        catch (IOException error)
        {
            return new MonitorOutcome.Unknown(End($"the monitor's link broke: {error.Message}"));
        }
        finally
        {
            _writing.Release();
        }
    }

    private sealed record Waiting(TaskCompletionSource<MonitorOutcome> Reply, int LargestReply);

    private static ReadOnlyMemory<byte> Frame(string command, ReadOnlyMemory<byte> arguments, long id)
    {
        var buffer = new ArrayBufferWriter<byte>(arguments.Length + 128);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("execute", command);
            if (!arguments.IsEmpty)
            {
                json.WritePropertyName("arguments");
                json.WriteRawValue(arguments.Span, skipInputValidation: true);
            }

            json.WriteNumber("id", id);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }
}
