using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>
/// qemu-ga 7.2 on its virtio-serial port: serial, one request at a time whoever sent it; the parser's state outlives a
/// client; a reply whose client has left goes to the next. Faults are put on it with <see cref="On"/>.
/// </summary>
public sealed class SimulatedAgent : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly SimulatedVm _vm;
    private readonly AgentPort _port;
    private readonly Script _script;
    private readonly Queue<string> _heard = new();
    private CancellationTokenSource? _running;
    private Task _loop = Task.CompletedTask;

    internal SimulatedAgent(SimulatedVm vm, string path, Script script)
    {
        (_vm, _script) = (vm, script);
        _port = new AgentPort(vm, path);
        Commands = new AgentCommands(vm.Guest);
    }

    public bool IsRunning
    {
        get { lock (_gate) return _running is not null; }
    }

    internal bool HasClient => _port.HasClient;

    /// <summary>The last commands that it read, oldest first (up to 1,000), executed or not.</summary>
    public IReadOnlyList<string> Heard
    {
        get { lock (_gate) return [.. _heard]; }
    }

    internal AgentCommands Commands { get; }

    /// <summary>Puts a fault on a command (`*`: on all). The newest rule comes first.</summary>
    public Rule On(string command, params Act[] acts) => _script.On(command, acts);

    /// <summary>All faults end; what hangs continues.</summary>
    public void Heal() => _script.Clear();

    /// <summary>It reads, and answers nothing on any connection until the rule is released or disposed.</summary>
    public Rule Mute() => On("*", Act.Hang);

    /// <summary>Bytes that a former client's request left behind: the next client reads them first.</summary>
    public Task LeaveBehind(string bytes) => _port.Send(System.Text.Encoding.Latin1.GetBytes(bytes), _vm.Gone);

    /// <summary>The agent is killed: its port closes, what it had taken is lost, a frozen kernel stays frozen.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            if (_running is null) return;
            _running.Cancel();
            _running = null;
            _port.Forget();
            OpenOrClose();
        }
        _vm.Monitor.EmitPortChange(false);
    }

    /// <summary>A new agent: it finds its marker and starts frozen if the guest is.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_running is not null) return;
            Commands.Restart();
            _running = new CancellationTokenSource();
            _loop = Run(_loop, _running.Token);
            OpenOrClose();
        }
        _vm.Monitor.EmitPortChange(true);
    }

    /// <summary>The host's socket vanishes, with its client; the guest stays as it is.</summary>
    public Task CloseSocket() => _port.Close();

    public void OpenSocket() => _port.Listen();

    /// <summary>A paused VM takes nothing from the port.</summary>
    internal void OpenOrClose()
    {
        lock (_gate) _port.SetOpen(_running is not null && _vm.IsRunning);
    }

    public async ValueTask DisposeAsync()
    {
        CancellationTokenSource? running;
        lock (_gate) (running, _running) = (_running, null);
        if (running is not null) await running.CancelAsync();
        await _port.Close();
        await _loop;
        await _port.DisposeAsync();
    }

    private async Task Run(Task former, CancellationToken stop)
    {
        await former;
        var parser = new JsonStream();
        var taken = _port.Taken.Reader;
        try
        {
            await foreach (var (from, bytes) in taken.ReadAllAsync(stop))
            {
                foreach (var parsed in parser.Feed(bytes))
                {
                    await _vm.Running().WaitAsync(stop);
                    if (!from.Deaf) await Answer(parsed, from, stop);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Killed: what it was about to say is never said.
        }
    }

    private async Task Answer(Parsed parsed, AgentPort.Connection from, CancellationToken stop)
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
            await _script.Play(new Exchange(this, request, from), stop);
        }
        catch (QemuException refused)
        {
            var reply = Script.ErrorReply(refused.Class, refused.Message);
            if (parsed.Error is null && Request.IdOf(parsed.Value) is { } id) reply.Insert(0, "id", id);
            await _port.Send(QemuJson.Line(reply, "\n"), stop);
        }
    }

    private sealed class Exchange(SimulatedAgent agent, Request request, AgentPort.Connection from) : IExchange
    {
        public string Command => request.Command;

        public string Arguments => request.Arguments.Raw;

        public byte[] Execute()
        {
            try
            {
                var value = agent.Commands.Execute(request, from.Client);
                if (value is null) return [];
                var line = Frame(new JsonObject { ["return"] = value });
                return request.Command == "guest-sync-delimited" ? [0xFF, .. line] : line;
            }
            catch (QemuException error)
            {
                return Frame(Script.ErrorReply(error.Class, error.Message));
            }
        }

        public byte[] Frame(JsonObject reply)
        {
            if (request.Id is { } id) reply.Insert(reply.ContainsKey("error") ? 0 : 1, "id", id.DeepClone());
            return QemuJson.Line(reply, "\n");
        }

        public Task Send(ReadOnlyMemory<byte> bytes, CancellationToken stop) =>
            from.Deaf ? Task.CompletedTask : agent._port.Send(bytes, stop);

        public void Disconnect() => agent._port.Disconnect();

        public void Deafen() => from.Deaf = true;
    }
}
