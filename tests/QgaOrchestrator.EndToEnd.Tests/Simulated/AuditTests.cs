using System.Text;
using QgaOrchestrator.Api;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>The audit log as its readers find it: who did what, each of it once, also across a kill, and never a
/// secret.</summary>
[Collection(nameof(EndedNode))]
public sealed class AuditTests(EndedNode ended)
{
    private const int Vms = 20;

    [Fact]
    public async Task Across_a_kill_each_start_and_outcome_is_recorded_once_and_the_chain_holds()
    {
        await using var lab = await ended.StartAsync(Vms);
        await lab.WaitForReadyAsync(Vms);
        var (viewer, ops) = (await TokenAsync(lab, "eve", "viewer"), await TokenAsync(lab, "ops", "operator"));
        var refused = await lab.Node.CtlAsync("--token-file", viewer, "backup", "run", "--detach");
        Assert.Equal(1, refused.ExitCode);
        var head = await HeadAsync(lab);

        var killed = lab.SignalAt(HostProcess.SigKill, Vms / 2, fact => fact.Kind == "freeze");
        var asked = lab.Node.CtlAsync("--token-file", ops, "backup", "run", "--detach");
        await killed;
        await lab.Node.WaitForEndAsync();
        await lab.Node.StartAgainAsync();
        await asked; // where it got no answer, it asks for the same run again
        var run = (await SimulatedLab.ListAsync(lab.Client.ListRunsAsync()))[0].Id;
        await lab.EndOfAsync(run);

        var told = await Poll.ForAsync("the run's last line", SimulatedLab.Limit, async () =>
            await AuditAsync(lab, new(Run: run)) is var lines && lines.Any(line => line is { What: "run", Outcome: "done" })
                ? lines
                : null
        );
        var items = told.Where(line => line.Vm is not null && line.What == "backup").ToList();
        Assert.All(items, line => Assert.Equal("ops", line.Who));
        var attempts = (await lab.ItemsAsync(run)).Values.Sum(item => item.Attempt);
        Assert.Equal(attempts, items.Count(line => line.Outcome == "started"));
        Assert.Equal(Vms, items.Count(line => line.Outcome == "done"));
        Assert.Contains(await AuditAsync(lab, new(Who: "eve")), line => line is { Outcome: "refused", Code: "forbidden" });
        Assert.Contains(
            await AuditAsync(lab, new(Who: "watchdog")),
            line => lab.Fleet.Vms.Any(vm => line.Vm == $"e2e/{vm.Name}")
        );
        var chain = await lab.Node.CtlAsync("audit", "--verify", "--head", head);
        Assert.Equal(0, chain.ExitCode);
        Assert.Contains("The head that you noted is entry", chain.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_that_is_set_is_in_no_file_of_the_node()
    {
        const string Secret = "c2VjcmV0LWNhbmFyeS0xNzQy";
        await using var lab = await ended.StartAsync(1);
        await lab.WaitForReadyAsync(1);

        var arguments = $$"""{"username":"root","password":"{{Secret}}","crypted":false}""";
        await lab.Client.CallAgentAsync(lab.Vm(1), "guest-set-user-password", Encoding.UTF8.GetBytes(arguments), new());

        Assert.Contains(await AuditAsync(lab, new(lab.Vm(1))), line => line is { What: "guest-set-user-password", Who: "admin" });
        await lab.Node.StopAsync();
        Assert.All(
            Directory
                .GetFiles(Path.GetDirectoryName(lab.Node.Data)!, "*", SearchOption.AllDirectories)
                .Where(file => new FileInfo(file).Length > 0),
            file => Assert.False(File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.ASCII.GetBytes(Secret)) >= 0, file)
        );
    }

    private static async Task<string> TokenAsync(SimulatedLab lab, string name, string role)
    {
        var file = Path.Combine(lab.Node.Data, $"{name}.token");
        await File.WriteAllTextAsync(file, (string)(await lab.Node.AskAsync("token", "add", name, "--role", role))["secret"]!);
        return file;
    }

    private static async Task<string> HeadAsync(SimulatedLab lab) =>
        (string)(await lab.Node.AskAsync("audit", "--verify"))["head"]!;

    private static Task<IReadOnlyList<AuditRecord>> AuditAsync(SimulatedLab lab, AuditFilter filter) =>
        SimulatedLab.ListAsync(lab.Client.ListAuditAsync(filter));
}
