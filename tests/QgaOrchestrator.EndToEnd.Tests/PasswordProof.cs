using System.Security.Cryptography;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests;

/// <summary>Whether whoever has a recipient's key gets into guests, and whether runs say so.</summary>
/// <param name="key">The recipient's.</param>
/// <param name="user">The account, in each guest.</param>
internal sealed class PasswordProof(RSA key, string user)
{
    /// <summary>Hashes that were seen to be of what the escrow holds for them, and that.</summary>
    private readonly Dictionary<string, string> _proved = new(StringComparer.Ordinal);

    /// <summary>What is in force in a guest.</summary>
    public string Field(SimulatedVm vm) => vm.Guest.Accounts.Shadow[user];

    /// <summary>Every guest that was changed opens with what the escrow holds.</summary>
    /// <param name="vms">Those behind the first may be clones of it.</param>
    public async Task AssertAllOpenAsync(IEscrow escrow, IReadOnlyList<SimulatedVm> vms, string when)
    {
        foreach (var vm in vms.Where(vm => vm.Guest.Accounts.Set.Any(set => set.Field == Field(vm))))
        {
            var account = await OwnerAsync(escrow, vm, vms[0]);
            var readable = account?.Generations.Find(one => one.Hash == Field(vm) && one.State != GenerationState.Void);
            if (readable is null)
                Assert.Fail($"{when}: {vm.Name} has a password that the escrow does not hold for {IdOf(vm)}:"
                    + $" {Told(await escrow.FindAsync(IdOf(vm)))}. {vm.Guest.Accounts.Set.Count} were set. Of its name it has "
                    + string.Join(", ", (await escrow.ListAsync(null, vms.Count * 2))
                        .Where(one => one.Name.EndsWith($"/{vm.Name}", StringComparison.Ordinal))
                        .Select(one => $"{one.Id}: {Told(one)}")));
            await AssertOpensAsync(escrow, vm, account!, readable!);
        }
    }

    /// <summary>What a run says of a VM is so: what has changed is current, or among what may be in force, and what it did not
    /// begin has not changed.</summary>
    /// <param name="before">What was in force before the run.</param>
    public async Task AssertTruthAsync(
        IEscrow escrow, IEnumerable<SimulatedVm> vms, Dictionary<string, ItemStatus> items, Dictionary<string, string> before)
    {
        foreach (var vm in vms.Where(vm => items.ContainsKey(vm.Name)))
        {
            var (item, account) = (items[vm.Name], await escrow.FindAsync(IdOf(vm)));
            Assert.Null(account?.Lease);
            var isChanged = vm.Guest.Accounts.Set.Any(set => set.Field == Field(vm)) && Field(vm) != before[vm.Name];
            var story = $"{vm.Name}, which {(isChanged ? "has" : "has not")} changed, ended {item}";
            switch (item.State)
            {
                case ItemStates.Succeeded:
                    Assert.True(isChanged, story);
                    await AssertOpensAsync(escrow, vm, account!, account!.Current!);
                    break;
                case ItemStates.Cancelled:
                    Assert.False(isChanged, story);
                    break;
                default:
                    Assert.True(item is { State: not ItemStates.Unreachable, Reason.Length: > 0, Remedy.Length: > 0 }, story);
                    Assert.True(!isChanged || AccountRules.Possible(account!).Any(one => one.Hash == Field(vm)), story);
                    break;
            }
        }
    }

    private async Task AssertOpensAsync(IEscrow escrow, SimulatedVm vm, Account account, Generation generation)
    {
        var clear = await LabEscrow.OpenAsync(escrow, key, account, generation);
        Assert.Equal(Field(vm), generation.Hash);
        if (_proved.TryAdd(Field(vm), clear)) Assert.True(vm.Guest.Accounts.Opens(user, clear), vm.Name);
        else Assert.Equal(_proved[Field(vm)], clear);
    }

    /// <summary>A clone has what was made for another one.</summary>
    private async Task<Account?> OwnerAsync(IEscrow escrow, SimulatedVm vm, SimulatedVm first)
    {
        var own = await escrow.FindAsync(IdOf(vm));
        return own?.Generations.Any(one => one.Hash == Field(vm)) == true ? own : await escrow.FindAsync(IdOf(first));
    }

    private AccountId IdOf(SimulatedVm vm) => new($"{vm.Uuid}", user);

    private static string Told(Account? account) => account is null
        ? "nothing"
        : string.Join(", ", account.Generations.Select(one => $"{one.Number} {one.State}"));
}
