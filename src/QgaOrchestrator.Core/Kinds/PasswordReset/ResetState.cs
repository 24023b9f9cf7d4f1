using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Core.Kinds.PasswordReset;

/// <summary>How far one attempt at an account is. Ends with its process; what must outlive that is in the escrow.</summary>
public sealed record ResetState(ResetOptions Options, AccountLease Lease)
{
    public ResetPhase Phase { get; init; }

    /// <summary>As the escrow has it; null until it is leased.</summary>
    public Account? Account { get; init; }

    /// <summary>The latest look that told something.</summary>
    public EntryLook? Seen { get; init; }

    /// <summary>The generation that is to be in force.</summary>
    public int? Target { get; init; }

    /// <summary>This process has the target's password in clear.</summary>
    public bool HasClear { get; init; }

    /// <summary>How the target's latest sending was answered, as far as is known.</summary>
    public SendAnswer Answer { get; init; }

    /// <summary>Something of the target may still arrive: a sending had no answer, or an earlier process made it.</summary>
    public bool MayArrive { get; init; }

    /// <summary>The target was seen in force, or taken for it.</summary>
    public bool WasInForce { get; init; }

    /// <summary>How many candidates this attempt has sent.</summary>
    public int Sent { get; init; }

    /// <summary>How often the target was sent.</summary>
    public int Sendings { get; init; }

    /// <summary>How often in a row something was not heard, or not done.</summary>
    public int Tries { get; init; }

    /// <summary>The run was aborted: nothing new begins, and what may have been sent is brought to its end.</summary>
    public bool Aborted { get; init; }

    /// <summary>How it ends, once the escrow is told.</summary>
    public ResetEnd? End { get; init; }

    /// <summary>What the escrow is being told.</summary>
    public IReadOnlyList<EscrowChange> Recording { get; init; } = [];

    public Generation? Generation => Target is { } number ? Account?.Find(number) : null;

    /// <summary>The guest may have been sent the target.</summary>
    public bool MayHaveSent => Answer != SendAnswer.None || MayArrive;

    /// <summary>The target, or an earlier candidate of this item, may be in force.</summary>
    public bool MayHaveChanged => MayHaveSent || Account?.Open.Any(one =>
        (one.Run, one.Item) == (Lease.Run, Lease.Item) && one.Number != Target) == true;

    /// <summary>Nothing of the target can still arrive, and it was never seen in force.</summary>
    public bool IsSettled => this is
    { MayArrive: false, WasInForce: false, Options.Mode: ResetMode.Rotate, Generation.State: GenerationState.Candidate };

    /// <summary>Nothing of the target ever left this host.</summary>
    public bool IsUnsent => Answer == SendAnswer.None && IsSettled;

    /// <summary>Its system takes hashes, unless the options say otherwise.</summary>
    public bool IsCrypted => Options.Crypted ?? System != GuestSystem.Windows;

    public GuestSystem System => Seen switch
    {
        EntryLook.Found found => found.System,
        EntryLook.Impossible impossible => impossible.System,
        _ => GuestSystem.Unknown,
    };
}

public enum ResetPhase
{
    Leasing,

    Looking,

    /// <summary>A password is made, sealed and committed.</summary>
    Making,

    Sending,

    TestingLogin,

    /// <summary>The escrow is told; what follows depends on <see cref="ResetState.End"/>.</summary>
    Recording,

    /// <summary>Somebody was not heard: a pause, then the look again.</summary>
    Waiting,

    /// <summary>Another run has the account: a pause, then this attempt makes way.</summary>
    MakingWay,

    Ended,
}

/// <summary>How a sending was answered.</summary>
public enum SendAnswer { None, Done, Refused, Lost }

/// <summary>How an attempt ends.</summary>
public sealed record ResetEnd(ItemState State, string? Reason = null, string? Remedy = null)
{
    public int? Generation { get; init; }

    public Evidence? Evidence { get; init; }
}

/// <summary>A change of the account in the escrow.</summary>
public abstract record EscrowChange
{
    private EscrowChange() { }

    public sealed record Applied(int Generation, string? Fingerprint) : EscrowChange;

    /// <summary>It was never sent.</summary>
    public sealed record Voided(int Generation) : EscrowChange;

    /// <summary>It was refused, and is not in force. Whether it was for a moment nobody can tell.</summary>
    public sealed record Refused(int Generation) : EscrowChange;

    public sealed record Promoted(int Generation, Evidence Evidence, string? Fingerprint) : EscrowChange;

    /// <summary>What is in force is none of ours, or an older one.</summary>
    public sealed record Seen(string Fingerprint) : EscrowChange;

    /// <summary>The item no longer works on the account.</summary>
    public sealed record Released : EscrowChange;

    public static Account Apply(Account account, EscrowChange change, AccountLease lease, DateTimeOffset now) => change switch
    {
        Applied c => AccountRules.Apply(account, c.Generation, c.Fingerprint, now),
        Voided c => AccountRules.Void(account, c.Generation, now),
        Refused c => AccountRules.Retire(account, c.Generation, now),
        Promoted c => AccountRules.Promote(account, c.Generation, c.Evidence, c.Fingerprint, now),
        Seen c => AccountRules.Checked(account, AccountRules.Compare(account, c.Fingerprint, null, now)),
        Released => AccountRules.Release(account, lease),
        _ => throw new InvalidOperationException($"unexpected change {change}"),
    };
}

/// <summary>What an attempt wants done: one thing at a time, whose end is an input.</summary>
public abstract record ResetEffect
{
    private ResetEffect() { }

    /// <summary>Take the account for this item: Leased, or HeldBy.</summary>
    public sealed record Lease : ResetEffect;

    /// <summary>Look at the account in the guest, behind all that was sent to it: Looked.</summary>
    public sealed record Look : ResetEffect;

    /// <summary>Make a password, seal it, and commit it as a candidate: Made, Failed, or Leased where the account has another one
    /// of this number by now.</summary>
    /// <param name="Scheme">The crypt(3) prefix of the hash; null: the guest is sent the password itself.</param>
    /// <param name="Before">The fingerprint of what is in force; null: it cannot be seen.</param>
    public sealed record Make(int Generation, string? Scheme, string? Before) : ResetEffect;

    /// <summary>Send the generation's hash, else its password: Sent, or NotSent.</summary>
    /// <param name="Hash">Null: the password itself.</param>
    public sealed record Send(int Generation, string? Hash) : ResetEffect;

    /// <summary>Have the guest test the generation's password: LoginTested.</summary>
    public sealed record TestLogin(int Generation) : ResetEffect;

    /// <summary>Commit these in one transaction: Recorded, or Failed.</summary>
    public sealed record Record(IReadOnlyList<EscrowChange> Changes) : ResetEffect;

    /// <summary>Paused comes after this time.</summary>
    public sealed record Pause(TimeSpan Time) : ResetEffect;

    public sealed record End(ResetEnd How) : ResetEffect;
}

/// <summary>What can happen to an attempt.</summary>
public abstract record ResetInput
{
    private ResetInput() { }

    public sealed record Begin : ResetInput;

    public sealed record Leased(Account Account) : ResetInput;

    public sealed record HeldBy(string Run) : ResetInput;

    public sealed record Looked(EntryLook Look) : ResetInput;

    public sealed record Made(Account Account) : ResetInput;

    public sealed record Sent(SendAnswer Answer) : ResetInput;

    /// <summary>The command did not leave this host.</summary>
    /// <param name="Passing">The channel comes back by itself.</param>
    public sealed record NotSent(string Reason, string? Remedy, bool Passing) : ResetInput;

    public sealed record LoginTested(LoginTest Result) : ResetInput;

    public sealed record Recorded(Account Account) : ResetInput;

    /// <summary>The escrow, or what makes a password, did not do it.</summary>
    public sealed record Failed(string Reason, string? Remedy) : ResetInput;

    public sealed record Paused : ResetInput;

    public sealed record Aborted : ResetInput;
}
