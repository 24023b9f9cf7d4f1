using System.Text;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Commands;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>Thaw by hand: through the node, and by the ledger alone.</summary>
public sealed class ThawTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("qgactl-thaw-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task One_vm_is_thawed_through_the_node_and_by_force_where_that_is_said()
    {
        var node = new FakeNode()
            .Answers("POST /v1/vms/db1/agent/guest-fsfreeze-thaw", """{"return":2}""")
            .Answers("POST /v1/vms/db1/agent/guest-fsfreeze-thaw?force=true", """{"return":1}""");

        var thawed = await Qga.RunAsync(node, ["thaw", "db1"]);
        var forced = await Qga.RunAsync(node, ["thaw", "db1", "--force"]);

        Assert.Equal((ExitCodes.Done, "db1: thawed, 2 file systems\n"), (thawed.Code, thawed.Out));
        Assert.Equal((ExitCodes.Done, "db1: thawed, 1 file system\n"), (forced.Code, forced.Out));
    }

    [Fact]
    public async Task Without_a_name_every_frozen_VM_is_thawed_and_foreign_freezes_are_reported()
    {
        static string Vm(string name, bool frozen) =>
            $$$"""{"name":"{{{name}}}","id":"hv1/{{{name}}}","uuid":null,"host":"hv1","labels":{},"""
                + $$$""" "agent":{"state":"ready","version":null},"frozen":{{{(frozen ? "true" : "false")}}}}""";
        var node = new FakeNode()
            .Answers("GET /v1/vms", Answers.Page(Vm("a", true), Vm("b", false), Vm("c", true)))
            .Answers("POST /v1/vms/hv1%2Fa/agent/guest-fsfreeze-thaw", """{"return":2}""")
            .Answers("POST /v1/vms/hv1%2Fc/agent/guest-fsfreeze-thaw",
                """{"type":"about:blank","title":"Conflict","status":409,"code":"not-ours","""
                    + """ "detail":"Somebody else froze it.","remedy":"qgactl thaw c --force"}""",
                System.Net.HttpStatusCode.Conflict);

        var ended = await Qga.RunAsync(node, ["thaw"]);

        Assert.Equal(ExitCodes.Partial, ended.Code);
        Assert.Equal("hv1/a: thawed, 2 file systems\n", ended.Out);
        Assert.Equal("hv1/c: not thawed: Somebody else froze it. qgactl thaw c --force\n", ended.Error);
    }

    [Fact]
    public async Task Offline_it_thaws_what_the_ledger_names_and_writes_down_who_did_it()
    {
        var ledger = Ledger(Entry("db1", LedgerPhase.Frozen), Entry("db2", LedgerPhase.Thawed));
        var agent = new ScriptedAgent("2", "\"thawed\"");

        var reports = await Thaw(agent).RunAsync([ledger.Directory], null, default);

        Assert.Equal(["guest-fsfreeze-thaw", "guest-fsfreeze-status"], agent.Called);
        var report = Assert.Single(reports.Vms);
        Assert.Equal(("db1", true, 2L), (report.Vm, report.Thawed, report.FileSystems));
        var entry = ledger.Read("db1")!;
        Assert.Equal((LedgerPhase.Thawed, "qgactl", 2L), (entry.Phase, entry.Facts.ThawedBy, entry.Facts.Thawed));
    }

    [Fact]
    public async Task Offline_a_freeze_that_may_still_come_is_looked_for_and_told_once()
    {
        var ledger = Ledger(Entry("db1", LedgerPhase.Opening));
        var agent = new ScriptedAgent(["0", .. Enumerable.Repeat("\"thawed\"", 200)]) { Lingering = TimeSpan.FromSeconds(40) };
        using var error = new StringWriter();

        var reports = await Thaw(agent, error: error).RunAsync([ledger.Directory], null, default);

        Assert.True(Assert.Single(reports.Vms).Thawed);
        Assert.Equal(
            ["db1: it is thawed now; its freeze, whose sender has ended, may reach it up to 40 s late"],
            error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Single(agent.Called, "guest-fsfreeze-thaw");
        Assert.Equal(161, agent.Called.Count - 1); // every 250 ms, for 40 s
    }

    [Fact]
    public async Task Offline_beside_a_live_node_it_goes_through_the_node()
    {
        var ledger = Ledger(Entry("db1", LedgerPhase.Cut));
        using var held = AgentLock.TryAcquire(ledger, "db1");
        var node = new FakeNode().Answers("POST /v1/vms/db1/agent/guest-fsfreeze-thaw", """{"return":1}""");
        var agent = new ScriptedAgent();

        var reports = await Thaw(agent, node).RunAsync([ledger.Directory], "hv1/db1", default);

        Assert.True(Assert.Single(reports.Vms).Thawed);
        Assert.Equal(LedgerPhase.Cut, ledger.Read("db1")!.Phase); // The node's to settle.
        Assert.Empty(agent.Called);
    }

    [Fact]
    public async Task Offline_beside_a_live_node_that_nobody_can_name_it_says_what_to_give()
    {
        var ledger = Ledger(Entry("db1", LedgerPhase.Frozen));
        using var held = AgentLock.TryAcquire(ledger, "db1");

        var report = Assert.Single((await Thaw(new ScriptedAgent()).RunAsync([ledger.Directory], null, default)).Vms);

        Assert.False(report.Thawed);
        Assert.Contains("--config", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Offline_a_damaged_file_is_told_and_the_others_are_thawed()
    {
        var ledger = Ledger(Entry("db1", LedgerPhase.Frozen));
        await File.WriteAllTextAsync(Path.Combine(ledger.Directory, "db9.freeze.json"), "{");

        var reports = await Thaw(new ScriptedAgent("1", "\"thawed\"")).RunAsync([ledger.Directory], null, default);

        Assert.Equal([("db9.freeze.json", false), ("db1", true)], reports.Vms.Select(vm => (vm.Vm, vm.Thawed)));
    }

    [Fact]
    public async Task Offline_without_a_ledger_it_fails_and_says_where_it_looked_and_how_to_name_one()
    {
        var ended = await Qga.RunAsync(null, ["thaw", "--offline", "-o", "json"], host => host with
        {
            RunDirectory = _root,
            Environment = name => name switch { "QGA__Freeze__Ledger" => $"{_root}/nowhere", _ => null },
        });

        Assert.Equal(ExitCodes.Failed, ended.Code);
        Assert.StartsWith($"qgactl: There is no freeze ledger in {_root}/nowhere", ended.Error, StringComparison.Ordinal);
        Assert.Contains("--config FILE", ended.Error, StringComparison.Ordinal);
        Assert.Contains("searched", ended.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Offline_it_prints_which_ledgers_it_searched()
    {
        var config = Path.Combine(_root, "node.json");
        await File.WriteAllTextAsync(config, """{ "Freeze": { "Ledger": "./ledger" } }""");

        var missing = await Qga.RunAsync(null, ["thaw", "--offline", "--config", config]);
        Ledger();
        var empty = await Qga.RunAsync(null, ["thaw", "--offline", "--config", config]);
        var other = await Qga.RunAsync(null, ["thaw", "db7", "--offline", "--config", config]);

        Assert.Equal(
            (ExitCodes.Failed, $"Searched the ledger {_root}/ledger, which does not exist\n"), (missing.Code, missing.Out));
        Assert.Equal(ExitCodes.Failed, other.Code);
        Assert.Contains("The ledger does not name db7", other.Error, StringComparison.Ordinal);
        Assert.Equal((ExitCodes.Done, $"Searched the ledger {_root}/ledger\nNothing to thaw.\n"), (empty.Code, empty.Out));
    }

    private static OfflineThaw Thaw(IAgent agent, FakeNode? node = null, TextWriter? error = null)
    {
        var host = new CliHost(TextReader.Null, TextWriter.Null, error ?? TextWriter.Null, _ => null, new JumpingTime());
        return new OfflineThaw(host, () => node is null ? null : new QgaClient(new Uri("http://node"), null, host.Time, node))
        {
            Connect = _ => agent,
        };
    }

    private FreezeLedger Ledger(params LedgerEntry[] entries)
    {
        var ledger = FreezeLedger.Open(Path.Combine(_root, "ledger"));
        foreach (var entry in entries)
            ledger.Write(entry);
        return ledger;
    }

    private static LedgerEntry Entry(string vm, LedgerPhase phase) => new(
        vm, null, "/run/vms/x/qga.sock", SocketHold.Exclusive, null, HostProcesses.BootId(), "r1", 0, 1, "w1", phase,
        ManualTime.Noon, ManualTime.Noon.AddSeconds(10), new WindowFacts { Frozen = 2 });

    /// <summary>An agent that is there and returns these, one a call.</summary>
    private sealed class ScriptedAgent(params string[] returns) : IAgent
    {
        private readonly Queue<string> _returns = new(returns);

        public List<string> Called { get; } = [];

        public bool IsOpen => true;

        public TimeSpan Lingering { get; init; }

        public event Action<string>? Closed { add { } remove { } }

        public Task<OpenOutcome> OpenAsync(TimeSpan timeout) => Task.FromResult<OpenOutcome>(new OpenOutcome.Ready());

        public Task<AgentOutcome> CallAsync(AgentRequest request, TimeSpan timeout)
        {
            Called.Add(request.Command);
            return Task.FromResult<AgentOutcome>(new AgentOutcome.Returned(Encoding.UTF8.GetBytes(_returns.Dequeue())));
        }

        public Task<ConfirmOutcome> ConfirmAsync(TimeSpan timeout) => Task.FromResult(new ConfirmOutcome(true));

        public Task<ResyncOutcome> ResyncAsync(TimeSpan timeout) => Task.FromResult(new ResyncOutcome(true, null));

        public void Close() { }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
