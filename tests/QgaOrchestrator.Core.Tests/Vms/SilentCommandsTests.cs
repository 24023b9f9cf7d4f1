using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Vms;

public sealed class SilentCommandsTests
{
    [Theory]
    [InlineData("guest-shutdown", "SHUTDOWN", true)]
    [InlineData("guest-shutdown", "RESET", true)]
    [InlineData("guest-shutdown", "SUSPEND", false)]
    [InlineData("guest-suspend-ram", "SUSPEND", true)]
    [InlineData("guest-suspend-ram", "RESET", false)]
    [InlineData("guest-suspend-hybrid", "SUSPEND", true)]
    [InlineData("guest-suspend-disk", "SUSPEND_DISK", true)]
    [InlineData("guest-suspend-disk", "SHUTDOWN", true)]
    [InlineData("guest-suspend-disk", "SUSPEND", false)]
    [InlineData("guest-exec", "SHUTDOWN", false)]
    public void An_event_shows_that_a_command_was_obeyed(string command, string happened, bool shows) =>
        Assert.Equal(shows, SilentCommands.IsShownByEvent(command, happened));

    [Theory]
    [InlineData("guest-shutdown", true)]
    [InlineData("guest-suspend-ram", false)]
    [InlineData("guest-suspend-disk", false)]
    [InlineData("guest-suspend-hybrid", false)]
    public void A_closed_port_proves_a_shutdown_and_no_suspend(string command, bool shows) =>
        Assert.Equal(shows, SilentCommands.IsShownByPort(command));
}
