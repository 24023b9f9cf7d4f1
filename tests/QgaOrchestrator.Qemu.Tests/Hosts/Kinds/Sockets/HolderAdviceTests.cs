using QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Sockets;

/// <summary>Nobody is told to end a program that must go on.</summary>
public sealed class HolderAdviceTests
{
    [Theory]
    [InlineData("libvirtd (pid 812)", "libvirt owns this channel: let it run", false)]
    [InlineData("virtqemud (pid 812)", "libvirt owns this channel: let it run", false)]
    [InlineData("pvestatd (pid 9)", "\"Hold\": \"per-command\"", false)]
    [InlineData("pvedaemon worke (pid 9)", "\"Hold\": \"per-command\"", false)]
    [InlineData("task UPID:pve1: (pid 9)", "\"Hold\": \"per-command\"", false)]
    [InlineData("qm (pid 9)", "\"Hold\": \"per-command\"", false)]
    [InlineData("vzdump (pid 9)", "\"Hold\": \"per-command\"", false)]
    [InlineData("socat (pid 4711)", "End socat (pid 4711)", true)]
    public void The_remedy_depends_on_the_program_that_holds_the_socket(string holder, string advice, bool ends)
    {
        var given = HolderAdvice.For(holder);
        Assert.Contains(advice, given, StringComparison.Ordinal);
        Assert.Equal(ends, given.Contains("End ", StringComparison.OrdinalIgnoreCase));
    }
}
