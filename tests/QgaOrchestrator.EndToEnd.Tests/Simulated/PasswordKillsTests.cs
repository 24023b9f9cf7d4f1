using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using QgaOrchestrator.Actors.Stores.Sqlite;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;
using Xunit.Abstractions;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>
/// The node is killed at seeded instants of rotations over a fleet, some of whose guests refuse, refuse after they have changed,
/// lose their reply, set a password back, or are clones. At each kill every guest opens with a password that the escrow holds;
/// at the end a retry succeeds, and each guest opens with the current one.
/// </summary>
/// <remarks>QGA_KILLS, QGA_KILL_SEED and QGA_KILL_VMS make a long run of it: tests/password-kills.sh.</remarks>
public sealed class PasswordKillsTests(ITestOutputHelper output)
{
    private const string User = "root";

    private static readonly int Vms = Setting("QGA_KILL_VMS", 60);

    [Fact]
    public async Task Killed_at_any_instant_of_a_rotation_no_password_is_lost()
    {
        var chance = new Random(Setting("QGA_KILL_SEED", 1));
        await using var lab = await SimulatedLab.StartAsync(Vms);
        using var key = await LabEscrow.AddRecipientAsync(lab.Node.Data);
        await lab.WaitForReadyAsync(Vms);
        for (var round = 1; round <= Setting("QGA_KILLS", 5); round++) await PlayAsync(lab, key, round, chance);
    }

    private async Task PlayAsync(SimulatedLab lab, RSA key, int round, Random chance)
    {
        var faults = Faults(lab.Fleet, chance);
        var (command, nth) = (chance.Next(2) == 0 ? "guest-set-user-password" : "guest-exec", chance.Next(1, Vms));
        var killed = KillAt(lab, command, nth, faults);
        var run = (await lab.Client.StartRunAsync(new RunRequest(ResetKind.Name, "*", new JsonObject
        {
            ["user"] = User,
            ["maxFailures"] = "100%",
            ["verify"] = chance.Next(3) == 0 ? "login" : "hash",
        }))).Id;
        await killed.WaitAsync(SimulatedLab.Limit);
        await lab.Node.WaitForEndAsync();
        await AssertAllOpenAsync(lab, key, $"round {round}, killed at {command} {nth}");

        await lab.Node.StartAgainAsync();
        var end = await lab.EndOfAsync(run);
        await AssertAllOpenAsync(lab, key, $"round {round}, at its end");
        await AssertTruthAsync(lab, key, await lab.ItemsAsync(run));
        output.WriteLine($"round {round}: killed at {command} {nth}: {end.State}, {end.Items.Succeeded} of {Vms}");

        foreach (var fault in faults) fault.Dispose();
        if (end.State == RunStates.Succeeded) return;
        var retry = await lab.EndOfAsync((await lab.Client.RetryRunAsync(run)).Id);
        Assert.Equal(RunStates.Succeeded, retry.State);
        await AssertTruthAsync(lab, key, await lab.ItemsAsync(retry.Id));
    }

    /// <summary>One in twenty refuses, one in fifty refuses after it has changed, loses its reply, or sets it back; one in a
    /// hundred has another one's entry.</summary>
    private static List<IDisposable> Faults(SimulatedFleet fleet, Random chance)
    {
        var faults = new List<IDisposable>();
        foreach (var vm in fleet.Vms)
        {
            Act[]? acts = chance.Next(100) switch
            {
                < 5 => [Act.Error("child process has failed to set user password")],
                < 7 => [Act.Execute, Act.Error("child process has failed to set user password")],
                < 9 => [Act.Execute, Act.Disconnect],
                < 11 => [Act.Disconnect],
                < 13 => [Act.Execute, Act.Do(SetBack(vm)), Act.Reply],
                _ => null,
            };
            if (acts is not null) faults.Add(vm.Agent.On("guest-set-user-password", acts).Times(chance.Next(1, 4)));
            if (chance.Next(100) == 0) vm.Guest.Accounts.Shadow[User] = fleet.Vms[0].Guest.Accounts.Shadow[User];
        }
        return faults;
    }

    private static Action SetBack(SimulatedVm vm)
    {
        var before = vm.Guest.Accounts.Shadow[User];
        return () => vm.Guest.Accounts.Shadow[User] = before;
    }

    private static Task KillAt(SimulatedLab lab, string command, int nth, List<IDisposable> rules)
    {
        var (seen, killed) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        rules.AddRange(lab.Fleet.Vms.Select(vm => vm.Agent.On(command, Act.Do(() =>
        {
            if (Interlocked.Increment(ref seen) != nth) return;
            lab.Node.Signal(HostProcess.SigKill);
            killed.SetResult();
        }))));
        return killed.Task;
    }

    /// <summary>Whoever has the key gets into every guest that was changed.</summary>
    private static async Task AssertAllOpenAsync(SimulatedLab lab, RSA key, string when)
    {
        await using var escrow = LabEscrow.Of(lab.Node.Data);
        foreach (var vm in lab.Fleet.Vms.Where(vm => vm.Guest.Accounts.Set.Any(set => set.Field == Field(vm))))
        {
            var account = await Owner(lab, escrow, vm);
            var readable = account?.Generations.Find(one => one.Hash == Field(vm) && one.State != GenerationState.Void);
            Assert.True(readable is not null, $"{when}: {vm.Name} has a password that the escrow does not hold");
            var clear = await LabEscrow.OpenAsync(escrow, key, account!, readable!);
            Assert.True(vm.Guest.Accounts.Opens(User, clear), $"{when}: {vm.Name}");
        }
    }

    /// <summary>What a run says of a VM is so.</summary>
    private static async Task AssertTruthAsync(SimulatedLab lab, RSA key, Dictionary<string, ItemStatus> items)
    {
        await using var escrow = LabEscrow.Of(lab.Node.Data);
        foreach (var vm in lab.Fleet.Vms.Where(vm => items.ContainsKey(vm.Name)))
        {
            var (item, account) = (items[vm.Name], await escrow.FindAsync(IdOf(vm)));
            Assert.Null(account?.Lease);
            if (item.State == ItemStates.Succeeded)
            {
                Assert.Equal(Field(vm), account!.Current!.Hash);
                Assert.True(vm.Guest.Accounts.Opens(User, await LabEscrow.OpenAsync(escrow, key, account, account.Current)));
            }
            else
            {
                Assert.True(item is { Reason.Length: > 0, Remedy.Length: > 0 }, $"{vm.Name} ended {item}");
                Assert.NotEqual(ItemStates.Unreachable, item.State);
            }
        }
    }

    private static string Field(SimulatedVm vm) => vm.Guest.Accounts.Shadow[User];

    private static AccountId IdOf(SimulatedVm vm) => new($"{vm.Uuid}", User);

    /// <summary>A clone has what was made for another one.</summary>
    private static async Task<Account?> Owner(SimulatedLab lab, SqliteEscrow escrow, SimulatedVm vm)
    {
        var own = await escrow.FindAsync(IdOf(vm));
        if (own?.Generations.Any(one => one.Hash == Field(vm)) == true) return own;
        return await escrow.FindAsync(IdOf(lab.Fleet.Vms[0]));
    }

    private static int Setting(string name, int value) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : value;
}
