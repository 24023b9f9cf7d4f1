using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace QgaOrchestrator.Simulator;

/// <summary>
/// A QMP monitor of QEMU 7.2 on its unix socket: greeting, capabilities, ids, CRLF, events, one client at a time. What is
/// said to nobody is lost: events are not repeated, the reply of a client that has left goes nowhere.
/// </summary>
public sealed class SimulatedMonitor : IAsyncDisposable
{
    /// <summary>Stands for the greeting in <see cref="On"/>: `On(SimulatedMonitor.Greeting, Act.Silence)` accepts and stays
    /// mute.</summary>
    public const string Greeting = "(greeting)";

    private readonly Lock _gate = new();
    private readonly SimulatedVm _vm;
    private readonly Script _script;
    private readonly SocketServer _server;
    private readonly Queue<string> _heard = new();
    private Connection? _current;
    private int _clients;

    internal SimulatedMonitor(SimulatedVm vm, string path, Script script) =>
        (_vm, _script, _server) = (vm, script, new SocketServer(path, Serve));

    /// <summary>The last commands that it read, oldest first (up to 1,000), executed or not.</summary>
    public IReadOnlyList<string> Heard
    {
        get { lock (_gate) return [.. _heard]; }
    }

    /// <summary>Puts a fault on a command (`*`: on all, <see cref="Greeting"/>: on the greeting). The newest rule comes
    /// first.</summary>
    public Rule On(string command, params Act[] acts) => _script.On(command, acts);

    public void Heal() => _script.Clear();

    /// <summary>It accepts and says nothing, until the rule is disposed.</summary>
    public Rule Mute() => On("*", Act.Hang);

    /// <summary>An event, sent to the client if there is one.</summary>
    public void Emit(string name, JsonObject? data = null)
    {
        lock (_gate)
        {
            if (_current is not { IsReady: true } client) return;
            var now = _vm.Now - DateTimeOffset.UnixEpoch;
            var line = new JsonObject
            {
                ["timestamp"] = new JsonObject
                {
                    ["seconds"] = now.Ticks / TimeSpan.TicksPerSecond,
                    ["microseconds"] = now.Ticks % TimeSpan.TicksPerSecond / 10,
                },
                ["event"] = name,
            };
            if (data is not null) line["data"] = data;
            client.Say(QemuJson.Line(line, "\r\n"));
        }
    }

    /// <summary>Closes the client's connection.</summary>
    public void Disconnect()
    {
        lock (_gate) _current?.Close();
    }

    internal void EmitJob(BlockJob job, string status) =>
        Emit("JOB_STATUS_CHANGE", new JsonObject { ["status"] = status, ["id"] = job.Id });

    internal void EmitPending(BlockJob job) =>
        Emit("BLOCK_JOB_PENDING", new JsonObject { ["type"] = job.Type, ["id"] = job.Id });

    internal void EmitBlockJob(string name, BlockJob job)
    {
        var data = new JsonObject
        {
            ["device"] = job.Id,
            ["len"] = job.Length,
            ["offset"] = job.Offset,
            ["speed"] = job.Speed,
            ["type"] = job.Type,
        };
        if (job.Error is not null && name == "BLOCK_JOB_COMPLETED") data["error"] = job.Error;
        Emit(name, data);
    }

    internal void EmitPortChange(bool open) => Emit("VSERPORT_CHANGE", new JsonObject { ["open"] = open, ["id"] = "qgaport0" });

    /// <summary>The socket vanishes, with its client: a VM without a monitor.</summary>
    public Task CloseSocket() => _server.Close();

    public void OpenSocket() => _server.Listen();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task Serve(Socket socket, CancellationToken stop)
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var connection = new Connection(socket, new Client(++_clients, PeerSockets.Pid(socket)));
        lock (_gate) _current = connection;
        _vm.Tell("connect", "monitor", connection.Client);
        var writing = connection.Write(leave.Token);
        try
        {
            await Converse(connection, stop);
        }
        finally
        {
            lock (_gate) _current = null;
            await leave.CancelAsync();
            connection.Close();
            await writing;
            _vm.Tell("disconnect", "monitor", connection.Client);
        }
    }

    private async Task Converse(Connection connection, CancellationToken stop)
    {
        var parser = new JsonStream();
        var buffer = new byte[8192];
        await _script.Play(new GreetingExchange(this, connection), stop);
        while (true)
        {
            var read = await connection.Socket.ReceiveAsync(buffer, SocketFlags.None, stop);
            if (read == 0) return;
            if (connection.Deaf) continue;
            foreach (var parsed in parser.Feed(buffer.AsMemory(0, read))) await Answer(connection, parsed, stop);
        }
    }

    private async Task Answer(Connection connection, Parsed parsed, CancellationToken stop)
    {
        try
        {
            if (parsed.Error is not null) throw new QemuException(parsed.Error);
            var request = Request.From(parsed.Value);
            lock (_gate)
            {
                if (_heard.Count == 1000) _heard.Dequeue();
                _heard.Enqueue(request.Command);
            }
            await _script.Play(new Exchange(this, connection, request), stop);
        }
        catch (QemuException refused)
        {
            var reply = Script.ErrorReply(refused.Class, refused.Message);
            if (parsed.Error is null && Request.IdOf(parsed.Value) is { } id) reply.Insert(0, "id", id);
            connection.Say(QemuJson.Line(reply, "\r\n"));
        }
    }

    private JsonNode Negotiated(Connection connection, Request request)
    {
        if (request.Command == "qmp_capabilities")
        {
            if (connection.IsReady)
                throw QemuException.CommandNotFound("Capabilities negotiation is already complete, command ignored");
            lock (_gate) connection.IsReady = true;
            return new JsonObject();
        }
        if (!connection.IsReady)
            throw QemuException.CommandNotFound("Expecting capabilities negotiation with 'qmp_capabilities'");
        return _vm.Commands.Execute(request, connection.Client);
    }

    private sealed class Connection(Socket socket, Client client)
    {
        private readonly Channel<byte[]> _lines = Channel.CreateUnbounded<byte[]>();

        public Socket Socket { get; } = socket;

        public Client Client { get; } = client;

        /// <summary>Capabilities are negotiated: commands and events from now on.</summary>
        public bool IsReady { get; set; }

        public bool Deaf { get; set; }

        /// <summary>Queued, so that a slow reader does not stop QEMU, and replies and events keep their order.</summary>
        public void Say(byte[] line)
        {
            if (!Deaf) _lines.Writer.TryWrite(line);
        }

        public async Task Write(CancellationToken stop)
        {
            try
            {
                await foreach (var line in _lines.Reader.ReadAllAsync(stop))
                {
                    for (var rest = line.AsMemory(); rest.Length > 0;)
                        rest = rest[await Socket.SendAsync(rest, SocketFlags.None, stop)..];
                }
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // The client left; what it did not read is lost.
            }
        }

        public void Close() => Socket.Dispose();
    }

    private class Exchange(SimulatedMonitor monitor, Connection connection, Request request) : IExchange
    {
        public string Command => request.Command;

        public string Arguments => request.Arguments.Raw;

        public virtual byte[] Execute()
        {
            try
            {
                return Frame(new JsonObject { ["return"] = monitor.Negotiated(connection, request) });
            }
            catch (QemuException error)
            {
                return Frame(Script.ErrorReply(error.Class, error.Message));
            }
        }

        public byte[] Frame(JsonObject reply)
        {
            if (request.Id is { } id) reply.Insert(reply.ContainsKey("error") ? 0 : 1, "id", id.DeepClone());
            return QemuJson.Line(reply, "\r\n");
        }

        public Task Send(ReadOnlyMemory<byte> bytes, CancellationToken stop)
        {
            connection.Say(bytes.ToArray());
            return Task.CompletedTask;
        }

        public void Disconnect() => connection.Close();

        public void Deafen() => connection.Deaf = true;
    }

    private sealed class GreetingExchange(SimulatedMonitor monitor, Connection connection)
        : Exchange(monitor, connection, new Request(Greeting, new Arguments(default), null))
    {
        public override byte[] Execute() => QemuJson.Line(new JsonObject
        {
            ["QMP"] = new JsonObject { ["version"] = MonitorFacts.Version(), ["capabilities"] = new JsonArray("oob") },
        }, "\r\n");
    }
}
