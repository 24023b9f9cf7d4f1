using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Command;
using QgaOrchestrator.Core.Kinds.Exec;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Vms;

/// <summary>A guest whose agent answers oddly loses what it would have told, and nothing else.</summary>
public sealed class OddGuestTests : OneHost
{
    /// <summary>As long as a small reply may be: a longer one is not even read.</summary>
    private static readonly string Hostile = $"a\u001b[2J\r\nb\u202e\u009b{new string('x', 50_000)}";

    [Theory]
    [InlineData("guest-get-host-name", "{\"host-name\": 7}")]
    [InlineData("guest-get-fsinfo", "[{\"name\":\"vda\",\"mountpoint\":\"/\",\"type\":\"ext4\"}]")]
    [InlineData("guest-get-fsinfo", "[{\"name\":\"vda\",\"mountpoint\":\"/\",\"type\":\"ext4\",\"disk\":{}}]")]
    [InlineData("guest-get-fsinfo", "[null]")]
    [InlineData("guest-network-get-interfaces", "[{\"name\":\"\\ud800\"}]")]
    [InlineData("guest-get-host-name", "{\"host-name\":\"caf\u00e9\"}")] // in Latin-1, so no UTF-8
    [InlineData("guest-info", "{\"version\":7}")]
    public async Task A_reply_that_is_not_understood_does_not_affect_the_other_replies(string command, string reply)
    {
        Vm.Agent.On(command, Act.Raw($"{{\"return\": {reply}}}\n"), Act.Silence);
        var seen = await StartAsync();
        Assert.StartsWith(
            "the agent's reply was not understood", Assert.Contains(command, seen.NotUnderstood), StringComparison.Ordinal);
        Assert.Single(seen.NotUnderstood);
        var guest = seen.Inventory!;
        Assert.NotNull(guest.Os);
        Assert.Equal(command == "guest-get-host-name", guest.HostName is null);
        Assert.Equal(command == "guest-get-fsinfo", guest.FileSystems.Count == 0);
        Assert.Equal(command == "guest-network-get-interfaces", guest.Addresses.Count == 0);
        Assert.Equal(command == "guest-info", seen.AgentVersion is null);
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-ping"));
    }

    [Fact]
    public async Task What_a_guest_tells_of_itself_is_bounded_and_clean()
    {
        Vm.Agent.On("guest-get-host-name", Act.Return(new JsonObject { ["host-name"] = Hostile }));
        Vm.Agent.On(
            "guest-get-fsinfo",
            Act.Return(
                new JsonArray([
                    .. Enumerable
                        .Range(0, 5000)
                        .Select(i =>
                            (JsonNode)
                                new JsonObject
        {
            ["name"] = "vda", ["mountpoint"] = $"/{i}\u001b{new string('m', 300)}", ["type"] = "ext4", ["disk"] = new JsonArray(),
        })])));
        var guest = (await StartAsync()).Inventory!;
        Assert.StartsWith("a\uFFFD[2J  b\uFFFD\uFFFDxxx", guest.HostName, StringComparison.Ordinal);
        Assert.Equal(256, guest.HostName!.Length);
        Assert.InRange(JsonSerializer.Serialize(guest).Length, 30_000, 64 * 1024);
        Assert.EndsWith(" more)", guest.FileSystems[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(guest.FileSystems, mount => mount.Any(char.IsControl) || mount.Length > 256);
    }

    [Fact]
    public async Task The_result_of_a_raw_call_is_valid_JSON_whatever_bytes_it_holds()
    {
        await StartAsync();
        Vm.Agent.On(
            "guest-get-users", Act.Raw("{\"return\": [{\"user\":\"caf\u00e9\\ud800\",\"login-time\":1}]}\n"), Act.Silence);
        var returned = Assert.IsType<CallReply.Returned>(await CallAsync("guest-get-users"));
        Assert.Equal("caf\uFFFD\uFFFD", JsonDocument.Parse(returned.Json).RootElement[0].GetProperty("user").GetString());
    }

    [Theory]
    [InlineData("\"two\"")]
    [InlineData("{\"count\":1}")]
    [InlineData("-1")]
    public async Task A_freeze_that_answers_with_no_number_is_told_as_that_and_thawed(string answer)
    {
        Vm.Agent.On("guest-fsfreeze-freeze", Act.Execute, Act.Raw($"{{\"return\": {answer}}}\n"), Act.Silence).Once();
        await StartAsync();
        var outcome = Run(Item());
        Assert.Equal(ItemState.Failed, outcome.State);
        Assert.Equal($"how many file systems froze is not known: the agent's reply was not understood: {answer}", outcome.Reason);
        Assert.Contains("qemu-ga", outcome.Remedy, StringComparison.Ordinal);
        Assert.False(Vm.Guest.IsFrozen);
        Assert.Single(Vm.Guest.Freezes);
        Assert.Empty(Vm.Cuts);
    }

    [Fact]
    public async Task A_freeze_of_nothing_says_what_to_look_at()
    {
        Vm.Agent.On("guest-fsfreeze-freeze", Act.Execute, Act.Return(0)).Once();
        await StartAsync();
        var outcome = Run(Item());
        Assert.Contains("freeze returned 0", outcome.Reason, StringComparison.Ordinal);
        foreach (var look in new[] { "/proc/mounts", "FIFREEZE", "list of mount points" })
            Assert.Contains(look, outcome.Remedy, StringComparison.Ordinal);
        Assert.False(Vm.Guest.IsFrozen);
    }

    [Theory]
    [InlineData("\"melting\"")]
    [InlineData("7")]
    public async Task A_state_that_nobody_knows_is_no_foreign_freeze(string state)
    {
        await StartAsync();
        Vm.Agent.On("guest-fsfreeze-status", Act.Raw($"{{\"return\": {state}}}\n"), Act.Silence);
        var outcome = Run(Item());
        Assert.Equal(ItemState.Failed, outcome.State);
        Assert.Equal($"whether the guest is frozen is not known: the agent's reply was not understood: {state}", outcome.Reason);
        Assert.Empty(Vm.Guest.Freezes);
    }

    [Theory]
    [InlineData(
        "guest-exec",
        "{\"pid\":\"seven\"}",
        "the process may be running; its pid is not known: the agent's reply was not understood at $.pid"
    )]
    [InlineData("guest-exec-status", "{\"exited\":\"yes\"}", "it was started as pid ")]
    public async Task A_process_whose_status_is_never_understood_ends_unknown(string command, string reply, string reason)
    {
        await StartAsync();
        Vm.Agent.On(command, Act.Raw($"{{\"return\": {reply}}}\n"), Act.Silence);
        var order = Item() with
        {
            Kind = ExecKind.Name,
            Options = new ExecOptions("/bin/echo", TimeSpan.FromMilliseconds(200), true).In(new RunOptions
            {
                MaxParallel = 1,
                MaxFailures = CountOrPercent.None,
                MaxUnreachable = CountOrPercent.All,
            }),
        };
        var outcome = Run(order);
        Assert.Equal(ItemState.Unknown, outcome.State);
        Assert.StartsWith(reason, outcome.Reason, StringComparison.Ordinal);
        Assert.Contains("not understood", outcome.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("guest-fstrim", "{\"paths\":[{\"path\":7}]}")]
    [InlineData("guest-set-vcpus", "\"two\"")]
    [InlineData("guest-set-memory-blocks", "[{\"phys-index\":\"a\",\"response\":\"success\"}]")]
    public async Task A_command_that_answers_with_another_shape_ends_unknown_and_keeps_what_came(string command, string reply)
    {
        Vm.Agent.On("guest-info", Act.Return(new JsonObject
        {
            ["version"] = "10.2",
            ["supported_commands"] = new JsonArray(
                [.. AgentCommands.All.Select(listed => (JsonNode)new JsonObject { ["name"] = listed.Name, ["enabled"] = true })]),
        }));
        await StartAsync();
        Vm.Agent.On(command, Act.Raw($"{{\"return\": {reply}}}\n"), Act.Silence);
        var outcome = Run(Command(command));
        Assert.Equal(ItemState.Unknown, outcome.State);
        Assert.Contains("not understood", outcome.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("fault in qgad", outcome.Reason, StringComparison.Ordinal);
        Assert.Equal(reply.Length, Results.Read("r1", 0)!.Streams["return"].Bytes);
    }

    [Fact]
    public async Task An_agents_error_message_is_one_bounded_line_of_the_outcome()
    {
        await StartAsync();
        Vm.Agent.On("guest-ping", Act.Error(Hostile));
        var outcome = Run(Command("guest-ping"));
        Assert.StartsWith("GenericError: a\uFFFD[2J  b", outcome.Reason, StringComparison.Ordinal);
        Assert.InRange(outcome.Reason!.Length, 1000, 1100);
        Assert.Equal(outcome.Reason, Results.Read("r1", 0)!.Reason);
    }

    [Fact]
    public async Task A_part_that_failed_is_one_bounded_line_of_the_outcome()
    {
        Vm.Guest.TrimError = Hostile;
        await StartAsync();
        var reason = Run(Command("guest-fstrim")).Reason!;
        Assert.DoesNotContain(reason, char.IsControl);
        Assert.InRange(reason.Length, 1000, 4200);
    }

    [Fact]
    public async Task An_agent_that_refuses_the_sync_is_told_as_that_with_its_remedy()
    {
        Vm.Agent.On("guest-sync-delimited", Act.Error("Command guest-sync-delimited has been disabled", "CommandNotFound"));
        Begin();
        var seen = SeeVm(
            vm => vm.AgentReason?.Contains("guest-sync-delimited", StringComparison.Ordinal) == true && vm.RunState is not null);
        Assert.Equal(AgentState.Absent, seen.Agent);
        Assert.Equal(
            "the agent answers guest-sync-delimited with an error: CommandNotFound: Command guest-sync-delimited has been "
                + "disabled",
            seen.AgentReason
        );
        Assert.Contains("--allow-rpcs", seen.AgentRemedy, StringComparison.Ordinal);
        var refused = Assert.IsType<CallReply.Refused>(await CallAsync("guest-get-time"));
        Assert.Equal((CallRefusal.Unreachable, seen.AgentRemedy), (refused.Why, refused.Remedy));
    }

    private StartItem Command(string command) => Item() with
    {
        Kind = Core.Kinds.Command.CommandKind.Name,
        Options = new CommandOptions(
            command, command == "guest-set-vcpus" ? JsonDocument.Parse("""{"vcpus":[]}""").RootElement : null).In(new RunOptions
            {
                MaxParallel = 1,
                MaxFailures = CountOrPercent.None,
                MaxUnreachable = CountOrPercent.All,
            }),
    };
}
