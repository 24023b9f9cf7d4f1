using System.Text.RegularExpressions;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Tests.Agent;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Package;

/// <summary>What the package's README shows is <see cref="ReadmeExamples"/>, and that does what the README says.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public void The_README_has_the_examples_lines_and_no_others()
    {
        var examples = Lines(
            File.ReadAllText(InOutput("ReadmeExamples.cs"))
                .Replace("guest.Socket", "\"/run/vms/db1/qga.sock\"", StringComparison.Ordinal)
        );
        var blocks = Block()
            .Matches(File.ReadAllText(InOutput("README.md")))
            .Select(match => Lines(match.Groups[1].Value))
            .ToList();
        Assert.Equal(4, blocks.Count);
        Assert.All(blocks, block =>
            Assert.Contains(string.Join('\n', block.Where(IsNoUsing)), string.Join('\n', examples), StringComparison.Ordinal)
        );
        Assert.All(blocks.SelectMany(block => block).Where(line => !IsNoUsing(line)), line => Assert.Contains(line, examples));
    }

    [Fact]
    public async Task The_readmes_first_program_pings_in_five_lines()
    {
        await using var guest = new OneGuest();
        await ReadmeExamples.PingAsync(guest);
        Assert.Equal("guest-ping", guest.Vm.Agent.Heard[^1]);
        Assert.Equal(5, Lines(Block().Match(File.ReadAllText(InOutput("README.md"))).Groups[1].Value).Length);
    }

    [Fact]
    public async Task The_readmes_example_calls_the_agent_and_reports_its_refusals()
    {
        await using var guest = new OneGuest();
        await using var agent = await SocketAgent.ConnectAsync(guest.Socket, guest.Time, new Random(1));
        await ReadmeExamples.AskAsync(agent);
        await ReadmeExamples.FailAsync(agent);
        var refused = await Assert.ThrowsAsync<AgentException>(() => agent.AskAsync(GuestFileOpen.ForReading("/etc/none")));
        Assert.Equal("failed to open file '/etc/none' (mode: 'r'): No such file or directory", refused.Error!.Description);
        Assert.False(refused.MayHaveHappened);
    }

    [Fact]
    public async Task A_snapshot_that_fails_leaves_the_guest_thawed()
    {
        await using var guest = new OneGuest();
        await using var agent = await SocketAgent.ConnectAsync(guest.Socket, guest.Time, new Random(1));
        await Assert.ThrowsAsync<IOException>(() => ReadmeExamples.FreezeAsync(agent, () =>
        {
            Assert.True(guest.Vm.Guest.IsFrozen);
            throw new IOException("no room");
        }));
        Assert.False(guest.Vm.Guest.IsFrozen);
        Assert.Single(guest.Vm.Guest.Freezes);
    }

    [Fact]
    public async Task A_freeze_whose_reply_is_lost_leaves_the_guest_thawed()
    {
        await using var guest = new OneGuest();
        await using var agent = await SocketAgent.ConnectAsync(guest.Socket, guest.Time, new Random(1));
        using (guest.Vm.Agent.On("guest-fsfreeze-freeze", Act.Execute, Act.Disconnect))
        {
            var lost = await Assert.ThrowsAsync<AgentException>(
                () => ReadmeExamples.FreezeAsync(agent, () => Task.CompletedTask));
            Assert.True(lost.MayHaveHappened);
        }
        Assert.Single(guest.Vm.Guest.Freezes);
        Assert.False(guest.Vm.Guest.IsFrozen);
    }

    [Fact]
    public async Task Somebody_elses_freeze_is_left_alone()
    {
        await using var guest = new OneGuest();
        await using var agent = await SocketAgent.ConnectAsync(guest.Socket, guest.Time, new Random(1));
        guest.Vm.Guest.FreezeBySomebodyElse();
        await Assert.ThrowsAsync<InvalidOperationException>(() => ReadmeExamples.FreezeAsync(agent, () => Task.CompletedTask));
        Assert.True(guest.Vm.Guest.IsFrozen);
    }

    private static string InOutput(string name) => Path.Combine(AppContext.BaseDirectory, "Package", name);

    private static string[] Lines(string text) =>
        text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static bool IsNoUsing(string line) => !line.StartsWith("using Qga", StringComparison.Ordinal);

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
