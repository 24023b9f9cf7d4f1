using System.Globalization;
using System.Text;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>
/// The agent's channel itself, for a thaw while libvirt's daemon is gone or silent: the daemon has it as long as it lives, and
/// needs it again when it is back. So the sync is the plain one, and not the delimited: should QEMU hand our bytes on only
/// after we have left, its reply reaches the daemon, which skips an old id and would end the domain's agent over a 0xFF.
/// </summary>
internal sealed class DirectChannel : IDisposable
{
    private const int LongestLine = 64 << 10;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly UnixConnection _connection;
    private readonly TimeProvider _time;

    private DirectChannel(UnixConnection connection, TimeProvider time) => (_connection, _time) = (connection, time);

    /// <summary>Connects, and waits for the sync's answer. Where the daemon still has the channel, that comes when it has
    /// not.</summary>
    /// <returns>Null link: why there is none.</returns>
    public static async Task<(DirectChannel? Link, string Reason)> OpenAsync(
        string path, long id, TimeProvider time, CancellationToken cancel)
    {
        switch (await ConnectAsync(path, time, cancel).ConfigureAwait(false))
        {
            case ConnectOutcome.NoSocket none:
                return (null, $"{path}: {none.Reason}");
            case ConnectOutcome.Busy busy:
                return (null, $"{path}: {busy.Reason}");
            case ConnectOutcome.Connected { Connection: var connection }:
                var link = new DirectChannel(connection, time);
                if (await link.SyncAsync(id, cancel).ConfigureAwait(false) is not { } reason) return (link, "");
                link.Dispose();
                return (null, $"{path}: {reason}");
            default:
                throw new InvalidOperationException("no other outcome exists");
        }
    }

    /// <summary>A command without arguments. Without its reply in time the link ends.</summary>
    public async Task<AgentOutcome> CallAsync(AgentRequest request, TimeSpan timeout)
    {
        using var late = new CancellationTokenSource(timeout, _time);
        using var _ = late.Token.Register(Dispose);
        try
        {
            await _connection.WriteAsync(AgentBytes.Of(request)).ConfigureAwait(false);
            while (await _connection.ReadLineAsync().ConfigureAwait(false) is { } line)
                if (AgentReply.Parse(line.Bytes) is { } reply)
                    return reply.ToOutcome();
            return new AgentOutcome.Unknown("QEMU closed the connection") { By = WaitEnd.LinkLost };
        }
        catch (IOException e)
        {
            return late.IsCancellationRequested
                ? new AgentOutcome.Unknown($"no reply to {request} within {timeout.TotalSeconds:0.###} s")
                {
                    By = WaitEnd.TimedOut,
                }
                : new AgentOutcome.Unknown(e.Message) { By = WaitEnd.LinkLost };
        }
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>While the daemon has the channel those who have left wait in its queue as well, and fill it: it is emptied as
    /// soon as the daemon ends.</summary>
    private static async Task<ConnectOutcome> ConnectAsync(string path, TimeProvider time, CancellationToken cancel)
    {
        while (true)
        {
            var outcome = await UnixConnection.ConnectAsync(path, LineMemory.Agents, time, CancellationToken.None)
                .ConfigureAwait(false);
            if (outcome is not ConnectOutcome.Busy || cancel.IsCancellationRequested) return outcome;
            await Task.Delay(Pause, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>Null: answered.</returns>
    private async Task<string?> SyncAsync(long id, CancellationToken cancel)
    {
        using var _ = cancel.Register(Dispose);
        _connection.Expect(LongestLine, isSecret: false);
        var number = Encoding.ASCII.GetBytes(id.ToString(CultureInfo.InvariantCulture));
        byte[] sync = [WireLine.Sentinel, .. "{\"execute\":\"guest-sync\",\"arguments\":{\"id\":"u8, .. number, .. "}}\n"u8];
        try
        {
            await _connection.WriteAsync(sync).ConfigureAwait(false);
            while (await _connection.ReadLineAsync().ConfigureAwait(false) is { } line)
                if (AgentReply.Parse(line.Bytes) is AgentReply.Return { Json: var json } && json.Span.SequenceEqual(number))
                    return null;
            return "QEMU closed the connection";
        }
        catch (IOException e)
        {
            return cancel.IsCancellationRequested ? "no answer to the sync" : e.Message;
        }
    }
}
