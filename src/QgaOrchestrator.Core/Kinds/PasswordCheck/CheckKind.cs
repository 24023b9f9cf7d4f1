using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Kinds.PasswordCheck;

/// <summary>Kind password-check: which generation of each escrowed account is in force. Nothing is decrypted.</summary>
public static class CheckKind
{
    public const string Name = "password-check";

    public static CountOrPercent MaxFailures => CountOrPercent.All;

    public static IReadOnlyList<OptionInfo> Options { get; } =
        [new("user", "USER", null, "only this account; without it, every account that the escrow has")];

    private const string Reset = "qgactl password reset --select name=VM";

    public static readonly RunStep Compare = new(
        "compare",
        "asks the guest for the fingerprint of each account's entry, and looks for it in the escrow",
        "nothing is undone",
        "asked again");

    /// <summary>What an account's check says; null: the current generation is in force.</summary>
    public static (string Reason, string Remedy)? Judge(Account account, AccountCheck check)
    {
        var (user, current) = (account.Id.User, account.Current?.Number);
        return check.InForce switch
        {
            InForce.Current => null,
            InForce.Older => (
                $"{user}: generation {check.Generation} is in force, and {current} is the current one: the guest was restored",
                $"{Reset} --user {user} --mode reapply sets the current one again"),
            InForce.Unverified => (
                $"{user}: generation {check.Generation} is in force, which no run has verified",
                $"{Reset} --user {user} sets a new one, and verifies it"),
            InForce.Clone => (
                $"{user}: generation {check.Generation} of {check.Other} is in force: the guest is a clone of it",
                $"{Reset} --user {user} gives this VM a password of its own"),
            _ => (
                $"{user}: the password in force is none of the escrow's: it was set by hand or by another tool"
                    + (check.Note is null ? "" : $" ({check.Note})"),
                $"Find out who sets it. {Reset} --user {user} sets one that the escrow has"),
        };
    }

    /// <summary>The item's end: the worst of its accounts', with all that there is to say.</summary>
    public static (ItemState State, string? Reason, string? Remedy) Sum(
        IReadOnlyList<(string Reason, string Remedy)> found, IReadOnlyList<(string Reason, string? Remedy)> unheard) =>
        (found.Count, unheard.Count) switch
        {
            (0, 0) => (ItemState.Succeeded, null, null),
            (0, _) => (ItemState.Unreachable, string.Join("; ", unheard.Select(one => one.Reason)), unheard[0].Remedy),
            _ => (
                ItemState.Failed,
                string.Join("; ", found.Select(one => one.Reason).Concat(unheard.Select(one => one.Reason))),
                string.Join(". ", found.Select(one => one.Remedy).Distinct())),
        };
}
