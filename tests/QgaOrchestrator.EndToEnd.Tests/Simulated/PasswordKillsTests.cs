using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Core.Kinds.PasswordCheck;
using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;
using Xunit.Abstractions;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>
/// The node is killed at seeded instants of each step of rotations over a fleet with <see cref="PasswordFaults"/>, up to three
/// times a rotation. At each kill every guest that was changed opens with a password that the escrow holds. At the end of a run
/// what it says of each guest is so, and its budget has held; a retry succeeds, each guest opens with the current password, and
/// a check finds those, and only those, that were set back since.
/// </summary>
/// <remarks>QGA_KILLS, QGA_KILL_SEED and QGA_KILL_VMS make a long run of it: tests/password-kills.sh.</remarks>
public sealed class PasswordKillsTests(ITestOutputHelper output)
{
    private const string User = "root";
    private const int MostAtOnce = 50, KillsOfRun = 3, RoundsToSlow = 8;

    /// <summary>A look, a look's end (then the escrow is written, or the password was verified), a sending.</summary>
    private static readonly string[] Steps = ["guest-exec", "guest-exec-status", "guest-set-user-password"];

    /// <summary>At most this long after the command has come.</summary>
    private static readonly int[] DelaysMs = [0, 5, 40];

    private static readonly int Vms = Setting.Of("QGA_KILL_VMS", 60);

    private readonly Random _chance = new(Setting.Of("QGA_KILL_SEED", 1));

    private int _kills;

    [Fact]
    public async Task Killed_at_any_instant_of_a_rotation_no_password_is_lost()
    {
        await using var lab = await SimulatedLab.StartAsync(Vms, faults: fleet =>
        {
            // Cheaper to prove than $y$, of which a few are enough.
            foreach (var vm in fleet.Vms.Where(vm => vm.Number % 8 != 0)) vm.Guest.Accounts.Shadow[User] = "$6$simulated$root";
        });
        using var key = await LabEscrow.AddRecipientAsync(lab.Node.Data);
        await lab.WaitForReadyAsync(Vms);
        var wanted = Setting.Of("QGA_KILLS", 5);
        var proof = new PasswordProof(key, User);
        for (var round = 1; _kills < wanted; round++) await PlayAsync(lab, proof, round, wanted);
    }

    private async Task PlayAsync(SimulatedLab lab, PasswordProof proof, int round, int wanted)
    {
        var isSlow = round % RoundsToSlow == 0;
        var before = lab.Fleet.Vms.ToDictionary(vm => vm.Name, proof.Field);
        using var faults = new PasswordFaults(lab.Fleet, User, _chance, isSlow);
        var maxFailures = _chance.Next(3) == 0 ? 5 : 100;
        var run = (await lab.Client.StartRunAsync(new RunRequest(ResetKind.Name, "*", new JsonObject
        {
            ["user"] = User,
            ["maxFailures"] = $"{maxFailures}%",
            ["maxParallel"] = MostAtOnce,
            ["verify"] = _chance.Next(3) == 0 ? "login" : "hash",
        }))).Id;
        var story = $"round {round}{(isSlow ? ", slow" : "")}, budget {maxFailures} %";
        for (var kills = _chance.Next(1, KillsOfRun + 1); kills > 0 && _kills < wanted; kills--)
        {
            story += await KillAsync(lab, run);
            await lab.Node.WaitForEndAsync();
            await AssertAllOpenAsync(lab, proof, story);
            await lab.Node.StartAgainAsync();
        }

        var end = await lab.Node.WaitForRunAsync(run, SimulatedLab.Limit * 5);
        output.WriteLine($"{story}: {end.State}, {end.Items.Succeeded} of {Vms}, {end.Items.Failed} failed, {end.Items.Unknown}"
            + $" unknown, {end.Items.Cancelled} cancelled");
        await AssertAllOpenAsync(lab, proof, $"{story}, at its end");
        await AssertTruthAsync(lab, proof, run, before);
        Assert.True(end.Items.Failed + end.Items.Unknown <= (Vms * maxFailures / 100) + MostAtOnce, $"{story}: {end.Items}");

        faults.Dispose();
        await AssertRetrySucceedsAsync(lab, proof, end, before);
        await AssertCheckFindsAsync(lab, before);
    }

    /// <summary>Kills the node about such a command, or when the run has ended without it.</summary>
    /// <returns>When it was.</returns>
    private async Task<string> KillAsync(SimulatedLab lab, string run)
    {
        var (command, delay) = (Steps[_kills % Steps.Length], DelaysMs[_kills / Steps.Length % DelaysMs.Length]);
        var (nth, pause) = (_chance.Next(1, Vms), TimeSpan.FromMilliseconds(_chance.Next(0, delay + 1)));
        _kills++;
        var (seen, met) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var killed = false;
        void Kill()
        {
            killed = true;
            lab.Node.Signal(HostProcess.SigKill);
            met.TrySetResult();
        }
        var rules = lab.Fleet.Vms.Select(vm => vm.Agent.On(command, Act.Do(() =>
        {
            if (Interlocked.Increment(ref seen) != nth) return;
            if (pause == TimeSpan.Zero) Kill();
            else _ = Task.Delay(pause).ContinueWith(_ => Kill(), TaskScheduler.Default);
        }))).ToList();
        await Poll.ForAsync(
            "the kill", SimulatedLab.Limit * 5, async () => met.Task.IsCompleted || await HasEndedAsync() ? "met" : null);
        foreach (var rule in rules) rule.Dispose();
        if (killed) return $", killed at {command} {nth} + {pause.TotalMilliseconds} ms";
        lab.Node.Signal(HostProcess.SigKill);
        return ", killed at its end";

        async Task<bool> HasEndedAsync()
        {
            try
            {
                return (await lab.Client.GetRunAsync(run)).EndedAt is not null;
            }
            catch (NodeUnreachableException)
            {
                return false;
            }
        }
    }

    private static async Task AssertAllOpenAsync(SimulatedLab lab, PasswordProof proof, string when)
    {
        await using var escrow = LabEscrow.Of(lab.Node.Data);
        await proof.AssertAllOpenAsync(escrow, lab.Fleet.Vms, when);
    }

    private static async Task AssertTruthAsync(
        SimulatedLab lab, PasswordProof proof, string run, Dictionary<string, string> before)
    {
        await using var escrow = LabEscrow.Of(lab.Node.Data);
        await proof.AssertTruthAsync(escrow, lab.Fleet.Vms, await lab.ItemsAsync(run), before);
    }

    private static async Task AssertRetrySucceedsAsync(
        SimulatedLab lab, PasswordProof proof, Run ended, Dictionary<string, string> before)
    {
        if (ended.State == RunStates.Succeeded) return;
        var retry = await lab.EndOfAsync((await lab.Client.RetryRunAsync(ended.Id)).Id);
        Assert.Equal(RunStates.Succeeded, retry.State);
        await AssertTruthAsync(lab, proof, retry.Id, before);
    }

    /// <summary>Two of a hundred guests are restored from before the round: a check names them.</summary>
    private async Task AssertCheckFindsAsync(SimulatedLab lab, Dictionary<string, string> before)
    {
        var restored = lab.Fleet.Vms.Where(_ => _chance.Next(50) == 0).ToList();
        foreach (var vm in restored) vm.Guest.Accounts.Shadow[User] = before[vm.Name];
        var check = await lab.Client.StartRunAsync(
            new RunRequest(CheckKind.Name, "*", new JsonObject { ["maxFailures"] = "100%" }));
        await lab.EndOfAsync(check.Id);
        Assert.Equal(
            restored.Select(vm => vm.Name).Order(StringComparer.Ordinal),
            (await lab.ItemsAsync(check.Id)).Where(item => item.Value.State != ItemStates.Succeeded)
                .Select(item => item.Key).Order(StringComparer.Ordinal));
    }
}
