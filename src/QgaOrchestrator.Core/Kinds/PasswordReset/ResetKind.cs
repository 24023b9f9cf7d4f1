using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Kinds.PasswordReset;

/// <summary>Kind password-reset: a new password for one account of each VM, durable in the escrow before a guest sees
/// it.</summary>
public static class ResetKind
{
    public const string Name = "password-reset";

    public static IReadOnlyList<OptionInfo> Options { get; } =
    [
        new("user", "USER", null, "the account in the guest"),
        new("length", "N", $"{ResetOptions.DefaultLength}",
            $"characters of the new password, {ResetOptions.ShortestLength} to {ResetOptions.LongestLength}"),
        new("crypted", "true|false", null, "send a crypt(3) hash instead of the password; without it, as the system takes it"),
        new("verify", "hash|login|none", "hash", "what proves the new password: the guest's entry, a login, or the agent's word"),
        new("unlock", "true|false", "false", "unlock a locked account by its new password"),
        new("clearMustChange", "true|false", "false", "clear the mark that the password must be changed at the next login"),
        new("acceptUnverified", "true|false", "false", "where a guest cannot prove it as wanted, take the best that it can"),
        new("mode", "rotate|reapply", "rotate", "a new password, or the current one again"),
    ];

    public static readonly RunStep Look = new(
        "look",
        "asks the guest for the account's state and the fingerprint of its entry; the entry itself never leaves the guest",
        "nothing is undone",
        "nothing was made or sent: it begins again");

    public static readonly RunStep Escrow = new(
        "escrow",
        "makes a password and commits it, sealed to all recipients, as a candidate with the fingerprint of what was before",
        "a candidate that was never sent becomes void",
        "the candidate says so: the guest is looked at before anything is sent");

    public static readonly RunStep Apply = new(
        "apply",
        "sends the hash, or the password itself where the guest takes no hash",
        "nothing is undone: the candidate stays readable",
        "a sync, then a look: the candidate is in force, or its hash is sent again; one in clear is replaced by a new one");

    public static readonly RunStep Verify = new(
        "verify",
        "compares the fingerprint of the guest's entry, or has the guest test a login that touches no lock-out counter",
        "nothing is undone: the candidate stays readable",
        "a fingerprint is compared again; a login needs the password in clear, so a new candidate is made");

    public static readonly RunStep Promote = new(
        "promote",
        "makes the candidate the current generation and frees the account, in one transaction",
        "nothing is undone",
        "the escrow tells that it succeeded");
}
