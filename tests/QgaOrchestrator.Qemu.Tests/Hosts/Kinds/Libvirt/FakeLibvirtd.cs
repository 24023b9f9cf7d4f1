using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Libvirt;

/// <summary>
/// A daemon that speaks libvirt's protocol and has the channels and monitors of its domains for itself, as the real one has.
/// </summary>
internal sealed class FakeLibvirtd : IAsyncDisposable
{
    private const int AgentUnresponsive = 86, NoDomain = 42, Internal = 1;

    private readonly string _socket;
    private readonly List<FakeDomain> _domains = [];
    private readonly List<Client> _clients = [];
    private readonly Lock _gate = new();
    private Socket _listener;
    private volatile TaskCompletionSource? _stopped;

    /// <param name="directory">Of its sockets.</param>
    public FakeLibvirtd(string directory)
    {
        Directory.CreateDirectory(directory);
        _socket = Path.Combine(directory, "libvirt-sock");
        _listener = Listen();
    }

    /// <summary>What it answers to AUTH_LIST.</summary>
    public int[] Ways { get; set; } = [0];

    /// <summary>Of the daemon, as in 9000000 for 9.0.0.</summary>
    public ulong Version { get; set; } = 9_000_000;

    /// <summary>Answers a call instead of us; null: we do.</summary>
    public Func<uint, int, ReadOnlyMemory<byte>, Reply?>? Instead { get; set; }

    /// <summary>Calls as they came, without the first ones of a connection.</summary>
    public List<(int Client, uint Program, int Procedure)> Calls { get; } = [];

    public FakeDomain Add(FakeDomain domain)
    {
        lock (_gate) _domains.Add(domain);
        domain.Happened += (what, kind, detail) => Tell(domain, what, kind, detail);
        return domain;
    }

    /// <summary>As kill -9 ends it: nobody has the channels any more.</summary>
    public async Task KillAsync()
    {
        _listener.Dispose();
        Client[] clients;
        FakeDomain[] domains;
        lock (_gate) (clients, domains) = ([.. _clients], [.. _domains]);
        foreach (var client in clients) client.Socket.Dispose();
        // What it was asked while it was stopped it never does: a call that went on would take its domain's channel again.
        var stopped = _stopped;
        _stopped = null;
        stopped?.TrySetCanceled();
        foreach (var domain in domains) await domain.LetGoAsync();
    }

    public void Start() => _listener = Listen();

    /// <summary>As SIGSTOP: it takes connections and calls, and answers nothing until it goes on.</summary>
    public void Stop() => _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void GoOn()
    {
        _stopped?.TrySetResult();
        _stopped = null;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        foreach (var domain in _domains) await domain.DisposeAsync();
    }

    /// <summary>What an agent's command waits for, before its domain's agent gets it; null: nothing.</summary>
    public Func<string, Task>? Hold { get; set; }

    public static Reply Fail(int code, string message) => new(
        new XdrWriter().Int(code).Int(10).Optional(message).Int(2)
            .UInt(0).Optional(null).Optional(null).Optional(null).Int(0).Int(0).UInt(0),
        true);

    private Socket Listen()
    {
        File.Delete(_socket);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_socket));
        listener.Listen(16);
        _ = AcceptAsync(listener);
        return listener;
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                var client = new Client(await listener.AcceptAsync());
                lock (_gate) _clients.Add(client);
                _ = ServeAsync(client, _clients.Count);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Killed.
        }
    }

    private async Task ServeAsync(Client client, int number)
    {
        try
        {
            using var stream = new NetworkStream(client.Socket);
            var length = new byte[4];
            while (true)
            {
                await stream.ReadExactlyAsync(length);
                var message = new byte[BinaryPrimitives.ReadUInt32BigEndian(length) - 4];
                await stream.ReadExactlyAsync(message);
                var head = RpcMessage.Read(message);
                lock (_gate) Calls.Add((number, head.Program, head.Procedure));
                _ = AnswerAsync(client, head, message.AsMemory(24));
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // Gone.
        }
    }

    private async Task AnswerAsync(Client client, RpcMessage head, ReadOnlyMemory<byte> body)
    {
        if (_stopped is { } stopped) await stopped.Task;
        var reply = Instead?.Invoke(head.Program, head.Procedure, body) ?? await ReplyAsync(client, head, body);
        await client.SendAsync(reply.Values, head.Program, head.Procedure, RpcMessageType.Reply, head.Serial, reply.IsError);
    }

    private async Task<Reply> ReplyAsync(Client client, RpcMessage head, ReadOnlyMemory<byte> body)
    {
        if (head.Program == RpcProgram.Qemu)
            return (QemuProcedure)head.Procedure == QemuProcedure.DomainMonitorCommand
                ? await MonitorAsync(body)
                : await AgentAsync(body);
        var procedure = (RemoteProcedure)head.Procedure;
        switch (procedure)
        {
            case RemoteProcedure.AuthList:
                return new(Ways.Aggregate(new XdrWriter().Int(Ways.Length), (writer, way) => writer.Int(way)));
            case RemoteProcedure.ConnectOpen or RemoteProcedure.AuthPolkit:
                return new(new XdrWriter());
            case RemoteProcedure.ConnectGetVersion:
                return new(new XdrWriter().Long(7_002_022));
            case RemoteProcedure.ConnectGetLibVersion:
                return new(new XdrWriter().Long(Version));
            case RemoteProcedure.ConnectDomainEventCallbackRegisterAny:
                lock (_gate) client.Listens.Add(new XdrReader(body.Span).Int());
                return new(new XdrWriter().Int(client.Listens.Count));
            case RemoteProcedure.ConnectListAllDomains:
                var running = new List<FakeDomain>();
                foreach (var known in Domains()) if (await known.StatusAsync() is not null) running.Add(known);
                return new(running.Aggregate(new XdrWriter().Int(running.Count), (writer, one) => one.Handle.Write(writer))
                    .Int(running.Count));
        }
        var uuid = procedure == RemoteProcedure.DomainLookupByUuid
            ? new Guid(body.Span[..16], bigEndian: true)
            : Domain(body.Span).Uuid;
        var domain = Domains().FirstOrDefault(domain => domain.Handle.Uuid == uuid);
        if (domain is null || await domain.StatusAsync() is not { } status)
            return Fail(NoDomain, "Domain not found: no domain with matching uuid");
        return procedure switch
        {
            RemoteProcedure.DomainLookupByUuid => new(domain.Handle.Write(new XdrWriter())),
            RemoteProcedure.DomainGetXmlDesc => new(new XdrWriter().Text(domain.Xml)),
            RemoteProcedure.DomainGetState => new(new XdrWriter().Int(status == "running" ? 1 : 3).Int(1)),
            RemoteProcedure.DomainGetBlockInfo => new(new XdrWriter().Long(0).Long(64 << 20).Long(0)),
            RemoteProcedure.DomainGetJobStats => domain.Backup.Stats(completed: Flags(body.Span) != 0),
            RemoteProcedure.DomainBackupBegin => domain.Backup.Begin(AfterDomain(body.Span)),
            RemoteProcedure.DomainBackupGetXmlDesc => domain.Backup.Describe(),
            RemoteProcedure.DomainAbortJob => domain.Backup.Abort(),
            RemoteProcedure.DomainBlockJobSetSpeed => new(new XdrWriter()),
            RemoteProcedure.DomainSetMetadata => domain.Backup.SetNote(AfterDomain(body.Span)),
            RemoteProcedure.DomainGetMetadata => domain.Backup.GetNote(),
            RemoteProcedure.DomainPmWakeup => new(new XdrWriter()),
            _ => Fail(3, $"this function is not supported: {procedure}"),
        };
    }

    private async Task<Reply> AgentAsync(ReadOnlyMemory<byte> body)
    {
        var (uuid, command, seconds) = Command(body.Span);
        var domain = Domains().FirstOrDefault(domain => domain.Handle.Uuid == uuid);
        if (domain is null || await domain.StatusAsync() is not { } status) return Fail(NoDomain, "Domain not found");
        if (status != "running") return Fail(55, "Requested operation is not valid: domain is not running");
        if (Hold is { } hold) await hold(command.Command);
        return await domain.CallAsync(command, TimeSpan.FromSeconds(seconds)) switch
        {
            AgentOutcome.Returned returned => new(new XdrWriter().Optional(
                $"{{\"return\":{Encoding.UTF8.GetString(returned.Json.Span)}}}")),
            AgentOutcome.Refused refused => Fail(
                Internal,
                $"internal error: unable to execute QEMU agent command '{command.Command}': {refused.Error.Description}"),
            AgentOutcome.NotSent =>
                Fail(AgentUnresponsive, "Guest agent is not responding: QEMU guest agent is not connected"),
            _ => Fail(AgentUnresponsive, "Guest agent is not responding: Guest agent not available for now"),
        };
    }

    private async Task<Reply> MonitorAsync(ReadOnlyMemory<byte> body)
    {
        var (uuid, command, _) = Command(body.Span);
        var domain = Domains().FirstOrDefault(domain => domain.Handle.Uuid == uuid);
        return domain is null || await domain.StatusAsync() is null
            ? Fail(NoDomain, "Domain not found")
            : new(new XdrWriter().Text(await domain.ExecuteAsync(command)));
    }

    /// <summary>What follows the domain.</summary>
    private static byte[] AfterDomain(ReadOnlySpan<byte> body)
    {
        var start = new XdrWriter();
        return body[(Domain(body).Write(start).Message.Length - RpcMessage.HeadLength)..].ToArray();
    }

    private static uint Flags(ReadOnlySpan<byte> body) => new XdrReader(AfterDomain(body)).UInt();

    private static (Guid Domain, AgentRequest Request, int Seconds) Command(ReadOnlySpan<byte> body)
    {
        var reader = new XdrReader(body);
        var domain = RpcDomain.Read(ref reader);
        using var json = System.Text.Json.JsonDocument.Parse(reader.Text());
        var arguments = json.RootElement.TryGetProperty("arguments", out var given)
            ? Encoding.UTF8.GetBytes(given.GetRawText())
            : [];
        return (domain.Uuid, new(json.RootElement.GetProperty("execute").GetString()!, arguments), reader.Int());
    }

    private static RpcDomain Domain(ReadOnlySpan<byte> body)
    {
        var reader = new XdrReader(body);
        return RpcDomain.Read(ref reader);
    }

    private FakeDomain[] Domains()
    {
        lock (_gate) return [.. _domains];
    }

    private void Tell(FakeDomain domain, DomainEventId what, int kind, int detail)
    {
        Client[] clients;
        lock (_gate) clients = [.. _clients.Where(client => client.Listens.Contains((int)what))];
        foreach (var client in clients)
        {
            var values = domain.Handle.Write(new XdrWriter().Int(1));
            if (what is DomainEventId.Lifecycle or DomainEventId.AgentLifecycle) values.Int(kind).Int(detail);
            _ = client.SendAsync(
                values, RpcProgram.Remote, (int)DomainEvent.All[what], RpcMessageType.Event, 0, isError: false);
        }
    }

    internal sealed record Reply(XdrWriter Values, bool IsError = false);

    private sealed class Client(Socket socket)
    {
        private readonly SemaphoreSlim _sending = new(1);

        public Socket Socket => socket;

        public HashSet<int> Listens { get; } = [];

        public async Task SendAsync(
            XdrWriter values, uint program, int procedure, RpcMessageType type, uint serial, bool isError)
        {
            var message = values.Message;
            RpcMessage.WriteHead(message.Span, program, procedure, serial);
            BinaryPrimitives.WriteUInt32BigEndian(message.Span[16..], (uint)type);
            BinaryPrimitives.WriteUInt32BigEndian(message.Span[24..], isError ? 1u : 0);
            await _sending.WaitAsync();
            try
            {
                for (ReadOnlyMemory<byte> rest = message; !rest.IsEmpty;)
                    rest = rest[await socket.SendAsync(rest, SocketFlags.None)..];
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Its client has left, or we were killed.
            }
            finally
            {
                _sending.Release();
            }
        }
    }
}
