using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Passwords;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.PasswordCheck;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Actors.Kinds.PasswordCheck;

/// <summary>The escrowed accounts of one VM, each looked at and compared. It may be repeated at any time.</summary>
internal sealed class CheckItem(ItemPlace place) : ItemWork(place.Order, place.Services, CheckKind.Compare.Name)
{
    private IEscrow Escrow => Services.Passwords.Escrow;

    protected override async Task<ItemOutcome> RunAsync(CancellationToken aborted, CancellationToken stopped)
    {
        if (await VmAccounts.OfAsync(place) is not { } vm)
            return Outcome(
                ItemState.Unreachable, "its monitor does not answer, so which VM this is is not known", "See qgactl vm show");
        var user = CheckOptions.Of(Order.Options)?.User;
        var accounts = (await Escrow.OfVmAsync(vm.Key))
            .Where(account => account.Latest > 0 && (user is null || account.Id.User == user)).ToList();

        var (found, unheard, inForce) =
            (new List<(string, string)>(), new List<(string, string?)>(), new List<string>());
        foreach (var account in accounts)
        {
            if (aborted.IsCancellationRequested) return Outcome(ItemState.Cancelled, ItemOutcome.RunAborted);
            var name = account.Id.User;
            switch (await vm.LookAsync(name, stopped))
            {
                case EntryLook.Found look:
                    var check = await CompareAsync(account, look.Entry.Fingerprint, vm.Process);
                    if (CheckKind.Judge(account, check) is { } fault) found.Add(fault);
                    inForce.Add($"{name}: {check.Generation?.ToString() ?? "none of the escrow's"}");
                    break;
                case EntryLook.NotHere:
                    found.Add(($"{name}: the guest no longer has this account", "Leave it; its generations are kept"));
                    break;
                case EntryLook.Impossible { Why: var why }:
                    unheard.Add(($"{name}: {why}", "Allow guest-exec in the guest's agent"));
                    break;
                case EntryLook.NotHeard { Why: var why, Remedy: var advice }:
                    unheard.Add(($"{name}: {why}", advice));
                    break;
            }
        }
        var (state, reason, remedy) = CheckKind.Sum(found, unheard);
        var outcome = Outcome(state, reason, remedy);
        outcome.Values = new CheckValues(accounts.Count, string.Join(", ", inForce)).ToOwn();
        return outcome;
    }

    /// <summary>What was seen is kept with the account, unless that has changed meanwhile.</summary>
    private async Task<AccountCheck> CompareAsync(Account account, string fingerprint, string? process)
    {
        var owner = (await Escrow.WithFingerprintAsync(fingerprint)).FirstOrDefault(other => other.Id != account.Id);
        (string, int)? theirs = owner is null
            ? null
            : (owner.Name, owner.Generations.FindLast(one => one.Fingerprint == fingerprint)?.Number ?? 0);
        var now = Services.Time.GetUtcNow();
        var check = AccountRules.Compare(account, fingerprint, theirs, now);
        await Escrow.ChangeAsync(account.Id, kept =>
            kept is null || kept.Latest != account.Latest ? kept : AccountRules.Checked(kept, check) with { Process = process });
        return check;
    }
}
