using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Tests.Agent;

namespace QgaOrchestrator.Qemu.Tests.Package;

/// <summary>The package README's code, line by line; <see cref="ReadmeTests"/> runs it and compares the lines.</summary>
internal static class ReadmeExamples
{
    public static async Task PingAsync(OneGuest guest)
    {
        await using var agent = await SocketAgent.ConnectAsync(guest.Socket, TimeProvider.System, Random.Shared);
        await agent.AskAsync(GuestPing.Request);
        Console.WriteLine("db1's agent answers");
    }

    public static async Task AskAsync(IAgent agent)
    {
        var os = await agent.AskAsync(GuestGetOsinfo.Request, GuestGetOsinfo.Read);
        Console.WriteLine($"{os.PrettyName}, kernel {os.KernelRelease}");
    }

    public static async Task FailAsync(IAgent agent)
    {
        try
        {
            await agent.AskAsync(GuestFileOpen.ForReading("/etc/none"), GuestFileOpen.Read);
        }
        catch (AgentException e) when (e.Error is { } error)
        {
            Console.WriteLine(error.Description); // failed to open file '/etc/none' (mode: 'r'): No such file or directory
        }
    }

    public static async Task FreezeAsync(IAgent agent, Func<Task> snapshot)
    {
        if (await agent.AskAsync(GuestFsfreezeStatus.Request, GuestFsfreezeStatus.Read) != FreezeStatus.Thawed)
            throw new InvalidOperationException("somebody else has frozen this guest");
        try
        {
            await agent.AskAsync(GuestFsfreezeFreeze.Request, GuestFsfreezeFreeze.Read);
            await snapshot(); // of all its disks: milliseconds
        }
        finally
        {
            var settlement = new Settlement(TimeProvider.System);
            var thaw = await settlement.ThawAsync(agent);
            while (thaw is ThawOutcome.NotSettled because)
            {
                Console.Error.WriteLine($"still to be thawed: {because.Reason}");
                await Task.Delay(Settlement.Pause);
                thaw = await settlement.RoundAsync(agent);
            }
        }
    }
}
