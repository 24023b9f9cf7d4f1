using System.Text;
using System.Text.Json;
using Akka.Actor;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Command;
using QgaOrchestrator.Core.Kinds.Exec;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Kinds;

/// <summary>Items of the kinds command and exec: sent once, judged, kept.</summary>
public sealed class CommandItemTests : OneHost
{
    [Fact]
    public async Task What_a_command_returned_is_kept()
    {
        await StartAsync();
        Assert.Equal(ItemState.Succeeded, Run(Call("guest-get-host-name")).State);
        using var kept = JsonDocument.Parse(Kept("return"));
        Assert.Equal(JsonValueKind.String, kept.RootElement.GetProperty("host-name").ValueKind);
    }

    [Fact]
    public async Task A_command_that_the_agent_refuses_fails_with_the_agents_message()
    {
        await StartAsync();
        var outcome = Run(Call("guest-file-close", """{"handle":7}"""));
        Assert.Equal(ItemState.Failed, outcome.State);
        Assert.Contains("handle '7' has not been found", outcome.Reason, StringComparison.Ordinal);
        Assert.Equal(ItemState.Failed, Results.Read("r1", 0)!.State);
    }

    [Fact]
    public async Task A_partly_executed_command_is_no_success()
    {
        Vm.Guest.TrimError = "read-only";
        await StartAsync();
        var outcome = Run(Call("guest-fstrim"));
        Assert.Equal(ItemState.Failed, outcome.State);
        Assert.EndsWith(": read-only", outcome.Reason, StringComparison.Ordinal);
        Assert.Contains("read-only", Encoding.UTF8.GetString(Kept("return")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_hosts_policy_denies_is_not_sent()
    {
        await StartAsync();
        var outcome = Run(Call("guest-shutdown"));
        Assert.Equal(ItemState.Failed, outcome.State);
        Assert.Contains("never allowed on host h1", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_VM_that_is_there_before_the_region_of_runs_tells_its_outcome_when_that_is_up()
    {
        RunsRegion = ActorRefs.Nobody;
        await StartAsync();
        var item = Call("guest-get-host-name");
        Order(item);
        RunsRegion = Runs.Ref;
        Assert.Equal(ItemState.Succeeded, Outcome(item).State);
    }

    [Fact]
    public async Task A_command_that_an_earlier_process_began_is_not_repeated_unless_that_is_safe()
    {
        foreach (var run in new[] { "r1", "r2" })
            Results.Write(run, new ItemResult(0, 1, Id.Name, Id.Host, DateTimeOffset.UnixEpoch));
        await StartAsync();
        Assert.Equal(ItemState.Unknown, Run(Call("guest-set-time", "{}", resume: true)).State);
        Assert.Equal(ItemState.Unknown, Run(Call("guest-set-time", "{}") with { Attempt = 2 }).State);
        Assert.Equal(ItemState.Succeeded, Run(Call("guest-ping", resume: true) with { Run = "r2" }).State);
        Assert.Equal(ItemState.Succeeded, Run(Call("guest-ping", resume: true) with { Run = "r3" }).State);
        Assert.Equal(ItemState.Interrupted, Run(Call("guest-set-time", "{}", resume: true) with { Run = "r4" }).State);
    }

    [Fact]
    public async Task A_process_succeeds_by_its_exit_code_and_its_output_is_kept()
    {
        await StartAsync();
        Assert.Equal(ItemState.Succeeded, Run(Process("/bin/echo", "hello", "world")).State);
        Assert.Equal("hello world\n", Encoding.UTF8.GetString(Kept("out")));
        Assert.Equal(0, Results.Read("r1", 0)!.ExitCode);
    }

    [Fact]
    public async Task A_process_that_fails_says_its_code_and_its_last_words()
    {
        Vm.Guest.Programs["/bin/bad"] = (_, _) => new GuestExit(3, "", "first\nno such thing\n");
        await StartAsync();
        var outcome = Run(Process("/bin/bad"));
        Assert.Equal((ItemState.Failed, "exit code 3: no such thing"), (outcome.State, outcome.Reason));
    }

    [Fact]
    public async Task A_process_that_an_earlier_node_started_is_followed_by_its_pid_not_started_again()
    {
        var started = 0;
        Vm.Guest.Programs["/bin/once"] = (_, _) => new GuestExit(0, $"{++started}");
        await StartAsync();
        var pid = await CallAsync("guest-exec", """{"path":"/bin/once","capture-output":true}""");
        var asked = new ItemResult(0, 1, Id.Name, Id.Host, DateTimeOffset.UnixEpoch);
        Results.Write(
            "r1",
            asked with
            {
                Pid = JsonDocument.Parse(Assert.IsType<CallReply.Returned>(pid).Json).RootElement.GetProperty("pid").GetInt64(),
            }
        );

        Assert.Equal(ItemState.Succeeded, Run(Process("/bin/once") with { Resume = true }).State);
        Assert.Equal("1", Encoding.UTF8.GetString(Kept("out")));
    }

    [Fact]
    public async Task A_process_outlives_an_orderly_stop_of_the_node_and_is_followed_by_the_next_one()
    {
        var (started, ended) = (0, new TaskCompletionSource());
        Vm.Guest.Programs["/bin/long"] = (_, _) => new GuestExit(0, $"{++started}") { Until = ended.Task };
        await StartAsync();
        Order(Process("/bin/long"));
        Runs.FishForMessage<ItemMoved>(m => m.Progress.Step == ExecKind.Wait.Name, Limit);
        await StopAsync();

        await StartAsync();
        Assert.Null(Results.Read("r1", 0)!.State);
        ended.SetResult();
        Assert.Equal(ItemState.Succeeded, Run(Process("/bin/long") with { Resume = true }).State);
        Assert.Equal("1", Encoding.UTF8.GetString(Kept("out")));
    }

    [Fact]
    public async Task A_process_whose_start_was_not_seen_ends_unknown()
    {
        Results.Write("r1", new ItemResult(0, 1, Id.Name, Id.Host, DateTimeOffset.UnixEpoch));
        var started = 0;
        Vm.Guest.Programs["/bin/once"] = (_, _) => new GuestExit(++started);
        await StartAsync();
        Assert.Equal(ItemState.Unknown, Run(Process("/bin/once") with { Resume = true }).State);
        Assert.Equal(0, started);
    }

    [Fact]
    public async Task A_process_is_started_with_its_environment_and_never_without_it()
    {
        await StartAsync();
        var order = Process("/bin/true");
        order = order with { Options = (ExecOptions.Of(order.Options)! with { EnvNames = ["TOKEN"] }).In(order.Options) };

        var lost = Run(order);
        Assert.Equal(ItemState.Failed, lost.State);
        Assert.Contains("TOKEN", lost.Reason, StringComparison.Ordinal);
        Assert.Null(Results.Read("r1", 0));

        Assert.Equal(
            ItemState.Succeeded, Run(order with { Run = "r2", Secrets = new ExecSecrets(["TOKEN=hunter2"]).ToRun() }).State);
        Assert.Equal(["TOKEN=hunter2"], Vm.Guest.LastEnvironment!);
        Assert.DoesNotContain("hunter2", $"{order}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_starts_nothing_and_says_whether_the_agent_would()
    {
        await StartAsync();
        var order = Process("/bin/nowhere");
        Assert.Equal(ItemState.Succeeded, Run(order with { Options = order.Options with { DryRun = true } }).State);
        Assert.Null(Results.Read("r1", 0));
    }

    private byte[] Kept(string stream)
    {
        using var bytes = new MemoryStream();
        using var kept = Results.Open("r1", 0, stream);
        kept!.CopyTo(bytes);
        return bytes.ToArray();
    }

    private StartItem Call(string command, string? arguments = null, bool resume = false) => Item(resume: resume) with
    {
        Kind = CommandKind.Name,
        Options = new CommandOptions(command, arguments is null ? null : JsonDocument.Parse(arguments).RootElement).In(Bare),
    };

    private StartItem Process(string path, params string[] arguments) => Item() with
    {
        Kind = ExecKind.Name,
        Options = new ExecOptions(path, Long, CaptureOutput: true, arguments).In(Bare),
    };

    private static RunOptions Bare =>
        new() { MaxParallel = 1, MaxFailures = CountOrPercent.None, MaxUnreachable = CountOrPercent.All };
}
