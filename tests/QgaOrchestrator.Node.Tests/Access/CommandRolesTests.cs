using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Node.Tests.Access;

public sealed class CommandRolesTests
{
    /// <summary>All that a viewer may: a new command is added here by hand, or is an operator's.</summary>
    private static readonly string[] Viewers =
    [
        "guest-fsfreeze-status",
        "guest-get-cpustats",
        "guest-get-devices",
        "guest-get-disks",
        "guest-get-diskstats",
        "guest-get-fsinfo",
        "guest-get-host-name",
        "guest-get-load",
        "guest-get-memory-block-info",
        "guest-get-memory-blocks",
        "guest-get-osinfo",
        "guest-get-time",
        "guest-get-timezone",
        "guest-get-users",
        "guest-get-vcpus",
        "guest-info",
        "guest-network-get-interfaces",
        "guest-network-get-route",
        "guest-ping",
        "guest-sync",
        "guest-sync-delimited",
    ];

    [Fact]
    public void A_viewer_may_these_commands_and_no_other()
    {
        Assert.Equal(
            Viewers,
            AgentCommands
                .All.Select(command => command.Name)
                .Where(name => CommandRoles.Needed(name) == Role.Viewer)
                .Order(StringComparer.Ordinal)
        );
        Assert.Equal(Role.Operator, CommandRoles.Needed("guest-new-and-unknown"));
    }

    [Fact]
    public void Each_viewers_command_is_read_only_and_takes_no_secret() =>
        Assert.All(
            Viewers, name => Assert.True(AgentCommands.Find(name) is { Retry: RetryClass.Safe, SecretArguments: [] }, name));

    [Theory]
    [InlineData("guest-file-open")]
    [InlineData("guest-file-read")]
    [InlineData("guest-exec-status")]
    [InlineData("guest-ssh-get-authorized-keys")]
    [InlineData("guest-fstrim")]
    [InlineData("guest-fsfreeze-thaw")]
    public void What_shows_files_or_works_on_the_guest_is_an_operators(string command) =>
        Assert.Equal(Role.Operator, CommandRoles.Needed(command));
}
