using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Passwords;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Actors.Kinds.PasswordReset;

/// <summary>The dry run of a reset: the account is looked at, and what would be refused is told, with the proof that the guest
/// can give.</summary>
internal sealed class ResetCheck(ItemPlace place) : ItemWork(place.Order, place.Services, ResetKind.Look.Name)
{
    protected override async Task<ItemOutcome> RunAsync(CancellationToken aborted, CancellationToken stopped)
    {
        var options = ResetOptions.Of(Order.Options) ?? throw new ArgumentException("the run's options hold no account");
        if (await VmAccounts.OfAsync(place) is not { } vm)
            return Outcome(ItemState.Unreachable, "its monitor does not answer", "See qgactl vm show");
        var look = await vm.LookAsync(options.User, stopped);
        var here = (await place.Services.Passwords.ReadRecipientsAsync()).Select(one => one.Fingerprint).ToList();
        List<(string Reason, string Remedy)> found = [.. ResetRefusals.Of(look, options)];
        if (ResetRefusals.OfRecipients(options, here, place.Spec.Id.Host) is { } refusal)
            found.Add(refusal);
        var outcome = look switch
        {
            EntryLook.NotHeard heard => Outcome(ItemState.Unreachable, heard.Why, heard.Remedy),
            _ when found.Count > 0 => Outcome(
                ItemState.Failed,
                string.Join("; ", found.Select(one => one.Reason)),
                string.Join(". ", found.Select(one => one.Remedy))),
            _ => Outcome(ItemState.Succeeded),
        };
        outcome.Values = Attainable(look, options).ToOwn();
        return outcome;
    }

    private static ResetValues Attainable(EntryLook look, ResetOptions options) => look switch
    {
        EntryLook.Found { Entry: var entry, System: var system } when options.Crypted ?? system != GuestSystem.Windows =>
            new ResetValues(
                null,
                options.Verify == ResetProof.Login && entry.CanTestLogin ? Evidence.Login : Evidence.Hash,
                CryptSchemes.For(entry.Scheme)),
        EntryLook.Found { Entry.CanTestLogin: true } => new ResetValues(null, Evidence.Login, null),
        EntryLook.Found or EntryLook.Impossible => new ResetValues(null, Evidence.Acknowledged, null),
        _ => new ResetValues(null, null, null),
    };
}
