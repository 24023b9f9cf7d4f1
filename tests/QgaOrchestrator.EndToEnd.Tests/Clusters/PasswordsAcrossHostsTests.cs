using System.Text.Json.Nodes;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.EndToEnd.Tests.Simulated;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;
using Xunit.Abstractions;

namespace QgaOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>
/// Rotations over three hosts whose guests have <see cref="PasswordFaults"/>. A host's node is killed at a seeded instant of a
/// step of its own guests, sometimes the one that has the run, and comes back as a service does. At each kill and at the end every
/// guest that was changed, on any host, opens with a password of the shared escrow; what the run says of each is so, and a retry
/// succeeds.
/// </summary>
/// <remarks>QGA_KILLS, QGA_KILL_SEED and QGA_KILL_VMS (on each host) make a long run of it: tests/password-kills.sh.</remarks>
public sealed class PasswordsAcrossHostsTests(ITestOutputHelper output)
{
    private const string User = "root";
    private const int Hosts = 3, KillsOfRun = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly string[] Steps = ["guest-set-user-password", "guest-exec-status", "guest-exec"];

    private static readonly int Vms = Setting.Of("QGA_KILL_VMS", 10);

    private readonly Random _chance = new(Setting.Of("QGA_KILL_SEED", 1));
    private readonly List<ClusterNode> _nodes = [];

    private int _kills;

    [SkippableFact]
    public async Task Whichever_hosts_node_is_killed_in_a_rotation_no_password_is_lost()
    {
        await using var lab = await ClusterLab.MakeAsync();
        for (var number = 1; number <= Hosts; number++) _nodes.Add(await lab.NodeAsync(number, vms: Vms));
        foreach (var vm in All.Where(vm => vm.Number % 8 != 0)) vm.Guest.Accounts.Shadow[User] = "$6$simulated$root";
        await Task.WhenAll(_nodes.Select(node => node.StartServiceAsync()));
        foreach (var node in _nodes) await node.WaitUntilUpAsync();
        foreach (var node in _nodes) await node.WaitForReadyAsync(Hosts * Vms, Limit);
        using var client = _nodes[0].Client();
        using var key = await LabEscrow.AddRecipientAsync(client);
        await using var escrow = LabEscrow.Of(lab.Store, _nodes[0].Folder);
        var proof = new PasswordProof(key, User);
        var wanted = Setting.Of("QGA_KILLS", 1);
        for (var round = 1; _kills < wanted; round++) await PlayAsync(escrow, proof, round, wanted);
    }

    private IReadOnlyList<SimulatedVm> All => [.. _nodes.SelectMany(node => node.Fleet.Vms)];

    private async Task PlayAsync(IEscrow escrow, PasswordProof proof, int round, int wanted)
    {
        var before = All.ToDictionary(vm => vm.Name, proof.Field);
        var faults = _nodes.Select(node => new PasswordFaults(node.Fleet, User, _chance, isSlow: false)).ToList();
        var started = _chance.Next(Hosts);
        var run = await StartAsync(_nodes[started]);
        var story = $"round {round}, started at {_nodes[started].Host}";
        for (var kills = _chance.Next(1, KillsOfRun + 1); kills > 0 && _kills < wanted; kills--)
        {
            story += await KillAsync(run);
            await AssertAllOpenAsync(escrow, proof, story);
            // It is listed by the others again, and they by it.
            foreach (var node in _nodes) await node.WaitForReadyAsync(Hosts * Vms, Limit);
        }

        var end = await EndOfAsync(run);
        output.WriteLine($"{story}: {end.State}, {end.Items.Succeeded} of {Hosts * Vms}, {end.Items.Failed} failed, "
            + $"{end.Items.Unknown} unknown, {end.Items.Cancelled} cancelled");
        await AssertAllOpenAsync(escrow, proof, $"{story}, at its end");
        await AssertTruthAsync(escrow, proof, run, before);
        foreach (var fault in faults) fault.Dispose();
        if (end.State == RunStates.Succeeded) return;
        using var client = _nodes[0].Client();
        var retry = await EndOfAsync((await client.RetryRunAsync(run)).Id);
        Assert.Equal(RunStates.Succeeded, retry.State);
        await AssertTruthAsync(escrow, proof, retry.Id, before);
    }

    private static async Task<string> StartAsync(ClusterNode node)
    {
        using var client = node.Client();
        return (await client.StartRunAsync(new RunRequest(ResetKind.Name, "*", new JsonObject
        {
            ["user"] = User,
            ["maxFailures"] = "100%",
            ["maxParallelPerHost"] = 3,
            ["verify"] = "hash",
        }))).Id;
    }

    /// <summary>Kills a host's node when so many of its guests have come to a step, or when the run has ended before.</summary>
    /// <returns>When it was.</returns>
    private async Task<string> KillAsync(string run)
    {
        var (node, command) = (_nodes[_chance.Next(Hosts)], Steps[_kills % Steps.Length]);
        var (nth, pause) = (_chance.Next(1, Vms), TimeSpan.FromMilliseconds(_chance.Next(0, 30)));
        _kills++;
        var (seen, met) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var rules = node.Fleet.Vms.Select(vm => vm.Agent.On(command, Act.Do(() =>
        {
            if (Interlocked.Increment(ref seen) == nth) _ = KillAfterAsync(node, pause, met);
        }))).ToList();
        await Poll.ForAsync("the kill", Limit, async () =>
            met.Task.IsCompleted || (await FindAsync(run))?.EndedAt is not null ? "met" : null, Logs);
        foreach (var rule in rules) rule.Dispose();
        if (met.Task.IsCompleted) return $", {node.Host} killed at {command} {nth} + {pause.TotalMilliseconds} ms";
        node.Signal(HostProcess.SigKill);
        return $", {node.Host} killed at its end";
    }

    private static async Task KillAfterAsync(ClusterNode node, TimeSpan pause, TaskCompletionSource met)
    {
        if (pause > TimeSpan.Zero) await Task.Delay(pause);
        node.Signal(HostProcess.SigKill);
        met.SetResult();
    }

    /// <summary>What any node says of it; null: none answers now.</summary>
    private async Task<Run?> FindAsync(string run)
    {
        foreach (var node in _nodes)
            try
            {
                using var client = node.Client();
                return await client.GetRunAsync(run);
            }
            catch (Exception e) when (e is ApiException or NodeUnreachableException)
            {
                // The next one.
            }
        return null;
    }

    private Task<Run> EndOfAsync(string run) => Poll.ForAsync(
        $"end of run {run}", Limit * 2, async () => await FindAsync(run) is { EndedAt: not null } ended ? ended : null, Logs);

    private async Task AssertAllOpenAsync(IEscrow escrow, PasswordProof proof, string when)
    {
        foreach (var node in _nodes) await proof.AssertAllOpenAsync(escrow, node.Fleet.Vms, when);
    }

    private async Task AssertTruthAsync(IEscrow escrow, PasswordProof proof, string run, Dictionary<string, string> before)
    {
        using var client = _nodes[0].Client();
        var items = await SimulatedLab.ListAsync(client.ListRunItemsAsync(run));
        await proof.AssertTruthAsync(escrow, All, items.ToDictionary(item => item.Vm.Split('/')[^1]), before);
    }

    private string Logs() => string.Join('\n', _nodes.Select(node => $"---- {node.Host}\n{node.Log}"));
}
