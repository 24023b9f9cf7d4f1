using System.Diagnostics;
using System.Text;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Libvirt;

public sealed class LibvirtAgentTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = LibvirtLab.Long;

    private readonly LibvirtLab _lab = new(vms: 6);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _lab.DisposeAsync();

    [Fact]
    public async Task An_agents_error_keeps_its_words_and_has_no_class()
    {
        await using var agent = await _lab.OpenAgentAsync();
        var refused = Assert.IsType<AgentOutcome.Refused>(await agent.CallAsync(new("guest-nosuch"), Long));
        Assert.Equal(new(null, "The command guest-nosuch has not been found"), refused.Error);
        Assert.True(agent.IsOpen);
    }

    [Theory]
    [InlineData("guest-sync", """{"id":7}""", "syncs with the agent itself")]
    [InlineData("guest-sync-delimited", """{"id":7}""", "syncs with the agent itself")]
    [InlineData("guest-file-read", """{"handle":1,"count":4000000}""", "read at most 3000000 bytes at once")]
    public async Task What_libvirt_cannot_carry_is_refused_before_it_is_sent(string command, string arguments, string reason)
    {
        await using var agent = await _lab.OpenAgentAsync();
        var outcome = await agent.CallAsync(new(command, Encoding.UTF8.GetBytes(arguments)), Long);
        Assert.Contains(reason, Assert.IsType<AgentOutcome.NotSent>(outcome).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(86, "Guest agent is not responding: QEMU guest agent is not connected", typeof(AgentOutcome.NotSent))]
    [InlineData(86, "Guest agent is not responding: Guest agent not available for now", typeof(AgentOutcome.Unknown))]
    [InlineData(55, "Requested operation is not valid: domain is not running", typeof(AgentOutcome.NotSent))]
    [InlineData(68, "Timed out during operation: cannot acquire state change lock", typeof(AgentOutcome.NotSent))]
    [InlineData(1, "internal error: End of file from qemu agent", typeof(AgentOutcome.Unknown))]
    [InlineData(39, "Unable to encode message payload", typeof(AgentOutcome.Unknown))]
    public async Task A_freeze_that_libvirt_ends_counts_as_not_executed_only_where_that_is_sure(
        int code, string words, Type outcome)
    {
        await using var agent = await _lab.OpenAgentAsync();
        _lab.Daemon.Instead = (program, _, _) => program == RpcProgram.Qemu ? FakeLibvirtd.Fail(code, words) : null;
        var freeze = GuestFsfreezeFreeze.Request with { KeepLinkWhenOverdue = true };
        Assert.IsType(outcome, await agent.CallAsync(freeze, Long));
    }

    [Theory]
    [InlineData(86, "Guest agent is not responding: QEMU guest agent is not available due to an error",
        "libvirt has given up this domain's agent after an error", "Restart libvirt's daemon (guests keep running)")]
    [InlineData(68, "Timed out during operation: cannot acquire state change lock (held by agent=remoteDispatchDomainQemuAgent)",
        "another client of libvirt's holds the agent", "End what else asks the agent through libvirt")]
    public async Task Why_libvirt_keeps_its_agent_from_us_is_told_with_what_to_do(
        int code, string words, string reason, string remedy)
    {
        _lab.Daemon.Instead = (program, _, _) => program == RpcProgram.Qemu ? FakeLibvirtd.Fail(code, words) : null;
        await using var agent = await _lab.AgentAsync();
        var failed = Assert.IsType<OpenOutcome.NoAnswer>(await agent.OpenAsync(Long));
        Assert.StartsWith(reason, failed.Reason, StringComparison.Ordinal);
        Assert.StartsWith(remedy, failed.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_freeze_that_is_overdue_is_settled_behind_it_with_its_late_reply()
    {
        await using var agent = await _lab.OpenAgentAsync();
        _lab.Vm.Agent.On("guest-fsfreeze-freeze", Act.Wait(TimeSpan.FromMilliseconds(300)));
        var freeze = GuestFsfreezeFreeze.Request with { KeepLinkWhenOverdue = true };
        Assert.IsType<AgentOutcome.Unknown>(await agent.CallAsync(freeze, TimeSpan.FromMilliseconds(50)));
        Assert.True(agent.IsOpen);
        var resync = await agent.ResyncAsync(Long);
        Assert.True(resync.InSync);
        Assert.IsType<AgentOutcome.Returned>(resync.Late);
        Assert.IsType<ThawOutcome.Settled>(await new Settlement(TimeProvider.System).ThawAsync(agent));
        Assert.False(_lab.Vm.Guest.IsFrozen);
    }

    [Fact]
    public async Task A_freeze_under_way_ends_at_once_where_a_sync_goes_behind_it()
    {
        await using var agent = await _lab.OpenAgentAsync();
        _lab.Vm.Agent.On("guest-fsfreeze-freeze", Act.Wait(TimeSpan.FromMilliseconds(200)));
        var freeze = agent.CallAsync(GuestFsfreezeFreeze.Request with { KeepLinkWhenOverdue = true }, Long);
        var resync = agent.ResyncAsync(Long);
        Assert.IsType<AgentOutcome.Unknown>(await freeze);
        Assert.IsType<AgentOutcome.Returned>((await resync).Late);
        Assert.IsType<ThawOutcome.Settled>(await new Settlement(TimeProvider.System).RoundAsync(agent));
    }

    [Fact]
    public async Task Nothing_is_settled_while_the_daemon_holds_a_freeze_back()
    {
        await using var agent = await _lab.OpenAgentAsync();
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _lab.Daemon.Hold = command => command == GuestFsfreezeFreeze.Name ? held.Task : Task.CompletedTask;
        var freeze = GuestFsfreezeFreeze.Request with { KeepLinkWhenOverdue = true };
        Assert.IsType<AgentOutcome.Unknown>(await agent.CallAsync(freeze, TimeSpan.FromMilliseconds(50)));

        Assert.IsType<ThawOutcome.NotSettled>(await new Settlement(TimeProvider.System).RoundAsync(agent));
        held.SetResult();
        var settled = Assert.IsType<ThawOutcome.Settled>(await new Settlement(TimeProvider.System).RoundAsync(agent));
        Assert.Equal(_lab.Vm.Disks.Count(disk => disk.Mountpoint is not null), settled.Thawed);
        Assert.False(_lab.Vm.Guest.IsFrozen);
    }

    [Fact]
    public async Task A_freeze_that_an_ended_process_left_in_the_daemon_is_thawed_when_it_comes()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _lab.Daemon.Hold = command => command == GuestFsfreezeFreeze.Name ? held.Task : Task.CompletedTask;
        await using var ended = await _lab.OpenAgentAsync();
        var freeze = GuestFsfreezeFreeze.Request with { KeepLinkWhenOverdue = true };
        Assert.IsType<AgentOutcome.Unknown>(await ended.CallAsync(freeze, TimeSpan.FromMilliseconds(50)));

        await using var agent = await _lab.AgentAsync();
        var time = new ManualTime();
        var settlement = new Settlement(time, freezeUnseen: true);
        Assert.True(Assert.IsType<ThawOutcome.NotSettled>(await settlement.RoundAsync(agent)).MayFreezeYet);
        held.SetResult();
        Assert.IsType<AgentOutcome.Returned>((await ended.ResyncAsync(Long)).Late);
        Assert.True(_lab.Vm.Guest.IsFrozen);
        Assert.True(Assert.IsType<ThawOutcome.NotSettled>(await settlement.RoundAsync(agent)).MayFreezeYet);
        Assert.False(_lab.Vm.Guest.IsFrozen);
        time.Advance(agent.Lingering);
        Assert.IsType<ThawOutcome.Settled>(await settlement.RoundAsync(agent));
    }

    [Fact]
    public async Task With_the_daemon_killed_a_frozen_guest_is_thawed_over_its_channel_which_is_let_go()
    {
        await using var agent = await _lab.OpenAgentAsync();
        Assert.IsType<AgentOutcome.Returned>(await agent.CallAsync(GuestFsfreezeFreeze.Request, Long));
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        agent.Closed += _ => lost.TrySetResult();
        await _lab.Daemon.KillAsync();
        await lost.Task.WaitAsync(Long);

        var killed = Stopwatch.GetTimestamp();
        var settled = Assert.IsType<ThawOutcome.Settled>(await new Settlement(TimeProvider.System).RoundAsync(agent));
        Assert.InRange(Stopwatch.GetElapsedTime(killed), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(_lab.Vm.Disks.Count(disk => disk.Mountpoint is not null), settled.Thawed);
        Assert.False(agent.IsOpen);

        _lab.Daemon.Start();
        Assert.IsType<OpenOutcome.Ready>(await agent.OpenAsync(Long));
        Assert.IsType<AgentOutcome.Returned>(await agent.CallAsync(GuestPing.Request, Long));
    }

    [Fact]
    public async Task Over_the_channel_nothing_goes_but_a_thaw()
    {
        await using var agent = await _lab.AgentAsync();
        await _lab.Daemon.KillAsync();
        Assert.IsNotType<OpenOutcome.Ready>(await agent.OpenAsync(Long));
        Assert.IsType<OpenOutcome.Ready>(await agent.OpenToThawAsync(Long));
        Assert.Contains(
            "only a thaw", Assert.IsType<AgentOutcome.NotSent>(await agent.CallAsync(GuestPing.Request, Long)).Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_the_daemon_hanging_a_round_ends_in_time_and_one_after_its_end_thaws()
    {
        await using var agent = await _lab.OpenAgentAsync();
        Assert.IsType<AgentOutcome.Returned>(await agent.CallAsync(GuestFsfreezeFreeze.Request, Long));
        _lab.Daemon.Stop();
        var hung = Assert.IsType<ThawOutcome.NotSettled>(await new Settlement(TimeProvider.System).RoundAsync(agent));
        Assert.Contains("no answer", hung.Reason, StringComparison.Ordinal);
        await _lab.Daemon.KillAsync();
        // Rounds go on until one settles it; on a machine with much else to do the first may run out of its 2 s.
        ThawOutcome outcome = hung;
        for (var killed = Stopwatch.GetTimestamp(); outcome is not ThawOutcome.Settled;)
        {
            Assert.True(Stopwatch.GetElapsedTime(killed) < Long, $"not thawed: {outcome}");
            outcome = await new Settlement(TimeProvider.System).RoundAsync(agent);
        }
        Assert.False(_lab.Vm.Guest.IsFrozen);
    }

    [Fact]
    public async Task A_thaw_waits_for_no_other_domains_work()
    {
        var source = LibvirtLab.Kind.Read(_lab.Options);
        await source.ReadyAsync();
        var agents = source.Look().Vms
            .Select(vm => LibvirtLab.Kind.Agent(vm.Address, TimeProvider.System, new Random(1))).ToList();
        foreach (var agent in agents) Assert.IsType<OpenOutcome.Ready>(await agent.OpenAsync(Long));
        Assert.IsType<AgentOutcome.Returned>(await agents[0].CallAsync(GuestFsfreezeFreeze.Request, Long));
        foreach (var domain in _lab.Domains.Skip(1)) domain.Vm.Agent.On("guest-fstrim", Act.Hang);
        var work = agents.Skip(1).Select(agent => agent.CallAsync(new("guest-fstrim"), Long)).ToList();

        Assert.IsType<ThawOutcome.Settled>(await new Settlement(TimeProvider.System).RoundAsync(agents[0]));
        Assert.All(work, call => Assert.False(call.IsCompleted));
        foreach (var agent in agents) await agent.DisposeAsync();
        await Task.WhenAll(work);
    }

    [Theory]
    [InlineData(null, "Run it as root, or set \"LastResort\": false")]
    [InlineData("false", null)]
    public async Task Where_the_channel_is_out_of_reach_nothing_is_frozen_unless_the_source_says_so(
        string? lastResort, string? why)
    {
        _lab.Options["LastResort"] = lastResort;
        await using var agent = await _lab.OpenAgentAsync();
        // QEMU has it open all the same.
        File.Move(_lab.Vm.AgentPath, _lab.Vm.AgentPath + ".hidden");
        var outcome = await agent.CallAsync(GuestFsfreezeFreeze.Request, Long);
        Assert.Equal(why is null, outcome is AgentOutcome.Returned);
        Assert.Equal(why is null, _lab.Vm.Guest.IsFrozen);
        if (why is not null) Assert.Contains(why, ((AgentOutcome.NotSent)outcome).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_guest_says_to_a_secret_is_withheld_and_the_secret_overwritten()
    {
        await using var agent = await _lab.OpenAgentAsync();
        using var secret = Secret.Of("""{"username":"root","password":"c2VjcmV0","crypted":false}"""u8);
        _lab.Daemon.Instead = (program, _, _) => program == RpcProgram.Qemu
            ? FakeLibvirtd.Fail(1, "internal error: unable to execute QEMU agent command 'guest-set-user-password': c2VjcmV0")
            : null;
        var refused = Assert.IsType<AgentOutcome.Refused>(
            await agent.CallAsync(AgentRequest.Secretly("guest-set-user-password", secret), Long));
        Assert.Equal(new(null, WithheldReply.Words), refused.Error);
    }
}
