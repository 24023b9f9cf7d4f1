using System.Text;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Tests.Guests;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Exec;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Kinds;

/// <summary>Processes of a guest whose channel carries small replies only: what they say comes from files.</summary>
public sealed class ExecSpoolTests : OneHost
{
    private const string Folder = "/tmp/qga-exec.1";

    [Fact]
    public async Task What_a_process_says_is_kept_whole_and_its_files_are_removed()
    {
        var said = new string('x', 5 << 20);
        Vm.Guest.Programs["/bin/much"] = (arguments, _) => new GuestExit(3, said, $"oh {arguments[0]}\n");
        await BeginAsync();
        var outcome = Run(Process("/bin/much", "no"));
        Assert.Equal((ItemState.Failed, "exit code 3: oh no"), (outcome.State, outcome.Reason));
        Assert.Equal(said, Kept("out"));
        Assert.Equal("oh no\n", Kept("err"));
        Assert.Equal(3, Results.Read("r1", 0)!.ExitCode);
        Assert.Null(Vm.Guest.Files[Folder + "/out"]);
        Assert.Equal(0, Vm.Guest.Files.OpenHandles);
    }

    [Fact]
    public async Task A_node_that_comes_after_a_stopped_one_reads_on_and_starts_nothing()
    {
        var (started, ended) = (0, new TaskCompletionSource());
        Vm.Guest.Programs["/bin/long"] = (_, _) => new GuestExit(0, $"{++started}") { Until = ended.Task };
        await BeginAsync();
        Order(Process("/bin/long"));
        Runs.FishForMessage<ItemMoved>(m => m.Progress.Step == ExecKind.Wait.Name, Limit);
        await StopAsync();
        Assert.Equal(Folder, Results.Read("r1", 0)!.Folder);

        await StartAsync();
        ended.SetResult();
        Assert.Equal(ItemState.Succeeded, Run(Process("/bin/long") with { Resume = true }).State);
        Assert.Equal(("1", 1), (Kept("out"), started));
        Assert.Null(Vm.Guest.Files[Folder + "/out"]);
    }

    [Fact]
    public async Task Where_the_guest_reads_no_files_the_agent_tells_what_was_said()
    {
        Vm.Guest.Programs["/bin/little"] = (_, _) => new GuestExit(0, "little");
        await BeginAsync();
        Vm.Guest.Files.Allowed = false;
        Assert.Equal(ItemState.Succeeded, Run(Process("/bin/little")).State);
        Assert.Equal("little", Kept("out"));
        Assert.Null(Results.Read("r1", 0)!.Folder);
    }

    private protected override IAgent AgentOf(VmSpec vm) => new SmallReplies(base.AgentOf(vm));

    private async Task BeginAsync()
    {
        GuestShell.Install(Vm.Guest);
        await StartAsync();
    }

    private string Kept(string stream)
    {
        using var bytes = new MemoryStream();
        using var kept = Results.Open("r1", 0, stream);
        kept!.CopyTo(bytes);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private StartItem Process(string path, params string[] arguments) => Item() with
    {
        Kind = ExecKind.Name,
        Options = new ExecOptions(path, Long, CaptureOutput: true, arguments).In(new RunOptions
        {
            MaxParallel = 1,
            MaxFailures = CountOrPercent.None,
            MaxUnreachable = CountOrPercent.All,
        }),
    };

    /// <summary>An agent behind a channel whose replies have a limit.</summary>
    private sealed class SmallReplies(IAgent agent) : IAgent
    {
        public event Action<string>? Closed
        {
            add => agent.Closed += value;
            remove => agent.Closed -= value;
        }

        public long? LargestReply => 4 << 20;

        public bool IsOpen => agent.IsOpen;

        public Task<OpenOutcome> OpenAsync(TimeSpan timeout) => agent.OpenAsync(timeout);

        public Task<AgentOutcome> CallAsync(AgentRequest request, TimeSpan timeout) => agent.CallAsync(request, timeout);

        public Task<ConfirmOutcome> ConfirmAsync(TimeSpan timeout) => agent.ConfirmAsync(timeout);

        public Task<ResyncOutcome> ResyncAsync(TimeSpan timeout) => agent.ResyncAsync(timeout);

        public void Close() => agent.Close();

        public ValueTask DisposeAsync() => agent.DisposeAsync();
    }
}
