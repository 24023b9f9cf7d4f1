using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Qemu.Tests.Agent.Commands;

/// <summary>What queue and runs rest on, for all 44 commands.</summary>
public sealed class AgentCommandsTests
{
    private static readonly AgentInfo _recorded = GuestInfo.Read(Transcript.ReplyTo("guest-info", "01-sync-ping-info"));
    private static readonly AgentInfo _recordedFrozen = GuestInfo.Read(Transcript.ReplyTo("guest-info", "09-fsfreeze"));

    [Fact]
    public void Each_agent_command_is_listed_exactly_once()
    {
        Assert.Equal(44, AgentCommands.All.Count);
        Assert.Equal(44, AgentCommands.All.Select(command => command.Name).Distinct().Count());
        Assert.Null(AgentCommands.Find("guest-nosuch"));
        Assert.Null(AgentCommands.Find("Guest-Ping"));
    }

    [Fact]
    public void A_real_agent_s_own_list_agrees()
    {
        foreach (var offered in _recorded.SupportedCommands)
        {
            var command = AgentCommands.Find(offered.Name);
            Assert.NotNull(command);
            Assert.Equal(offered.SuccessResponse, command.Answered);
            Assert.True(command.Since <= new Version(7, 2), $"{command.Name} is in 7.2");
        }
        var newer = AgentCommands.All.Where(command => _recorded.Status(command.Name) == CommandStatus.Unknown);
        Assert.All(newer, command => Assert.True(command.Since > new Version(7, 2), $"{command.Name} is not in 7.2"));
    }

    [Fact]
    public void A_real_frozen_agent_allows_what_the_catalog_says()
    {
        foreach (var offered in _recordedFrozen.SupportedCommands)
            Assert.Equal(offered.Enabled, AgentCommands.Find(offered.Name)!.WhileFrozen);
        Assert.Equal(6, AgentCommands.All.Count(command => command.WhileFrozen));
    }

    [Theory]
    [InlineData("guest-exec", RetryClass.Never)]
    [InlineData("guest-exec-status", RetryClass.Never)]
    [InlineData("guest-file-open", RetryClass.Never)]
    [InlineData("guest-set-time", RetryClass.Never)]
    [InlineData("guest-fsfreeze-freeze", RetryClass.Check)]
    [InlineData("guest-fsfreeze-freeze-list", RetryClass.Check)]
    [InlineData("guest-shutdown", RetryClass.Check)]
    [InlineData("guest-fsfreeze-thaw", RetryClass.Idempotent)]
    [InlineData("guest-set-user-password", RetryClass.Idempotent)]
    public void What_must_not_be_repeated_blindly_is_marked(string name, RetryClass retry) =>
        Assert.Equal(retry, AgentCommands.Find(name)!.Retry);

    [Fact]
    public void Secret_arguments_are_marked_in_the_command_list()
    {
        var secret = AgentCommands.All.Where(command => command.SecretArguments.Count > 0)
            .Select(command => $"{command.Name}: {string.Join(", ", command.SecretArguments)}").Order();
        Assert.Equal(["guest-exec: input-data", "guest-file-write: buf-b64", "guest-set-user-password: password"], secret);
    }

    [Fact]
    public void Only_a_freeze_waits_as_long_as_is_configured()
    {
        var configured = TimeSpan.FromSeconds(75);
        Assert.Equal(configured, GuestFsfreezeFreeze.Spec.DefaultTimeout(configured));
        Assert.Equal(configured, GuestFsfreezeFreezeList.Spec.DefaultTimeout(configured));
        Assert.Equal(2, AgentCommands.All.Count(command => command.DefaultTimeout(configured) == configured));
        Assert.Equal(TimeSpan.FromSeconds(5), GuestPing.Spec.DefaultTimeout(configured));
    }

    [Fact]
    public void Command_not_found_has_three_reasons_and_guest_info_tells_them_apart()
    {
        Assert.Equal(CommandStatus.Enabled, _recorded.Status("guest-exec"));
        Assert.Equal(CommandStatus.Disabled, _recordedFrozen.Status("guest-exec"));
        Assert.Equal(CommandStatus.Unknown, _recorded.Status("guest-get-load"));
    }
}
