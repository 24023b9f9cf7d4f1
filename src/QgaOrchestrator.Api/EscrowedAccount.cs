using System.Text.Json.Serialization;

namespace QgaOrchestrator.Api;

/// <summary>An account of a guest whose passwords are in the escrow. It holds no password, and nothing that one could be guessed
/// by.</summary>
/// <param name="Vm">The VM's name, unique on its host: as it is now, or where it is gone, as it was when it was last worked
/// on.</param>
/// <param name="Uuid">Null for a VM without one.</param>
/// <param name="User">The account's name in the guest.</param>
/// <param name="Generations">By number: of a list those that may be in force, and the previous one; of one account all.</param>
public sealed record EscrowedAccount(
    string Vm, string Host, string? Uuid, string User, IReadOnlyList<EscrowedGeneration> Generations)
{
    /// <summary>The node knows no such VM any more. The account is named by its UUID.</summary>
    public bool Gone { get; init; }
    /// <summary>The generation that was last verified; null: none was.</summary>
    public int? Current { get; init; }
    /// <summary>The generations of which one is in force, as far as is known, the likeliest first; empty: none is.</summary>
    public IReadOnlyList<int> Possible { get; init; } = [];
    /// <summary>The password in force is none of the account's own: it was set past the escrow, or the guest is a
    /// clone.</summary>
    public bool Foreign { get; init; }
    /// <summary>What was last seen in the guest; null: nobody has looked since the last verification.</summary>
    public EscrowCheck? Check { get; init; }
    /// <summary>Somebody was given the password for a time; null: nobody.</summary>
    public EscrowCheckout? Checkout { get; init; }
    /// <summary>The run that works on the account now.</summary>
    public string? Run { get; init; }
}

/// <summary>One password of an account.</summary>
/// <param name="Number">From 1, rising.</param>
/// <param name="State">One of <see cref="GenerationStates"/>; clients tolerate others.</param>
/// <param name="Made">UTC: from then on it was in the escrow, and not before that was it sent.</param>
/// <param name="Run">The run that made it.</param>
public sealed record EscrowedGeneration(int Number, string State, DateTimeOffset Made, string Run)
{
    /// <summary>When the guest was seen, or said, to have taken it.</summary>
    public DateTimeOffset? Applied { get; init; }
    /// <summary>When it was verified.</summary>
    public DateTimeOffset? Verified { get; init; }
    /// <summary>How: login, hash or acknowledged.</summary>
    public string? Evidence { get; init; }
    /// <summary>When a later one was verified, or this one was proved never in force.</summary>
    public DateTimeOffset? Ended { get; init; }
    /// <summary>CMS (RFC 5083), DER: only a recipient's private key opens it. Null where it was not asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public byte[]? Sealed { get; init; }
}

public static class GenerationStates
{
    /// <summary>It may have been sent, and may be in force.</summary>
    public const string Candidate = "candidate";
    /// <summary>The guest has taken it; it is not verified as its run wants.</summary>
    public const string Applied = "applied";
    /// <summary>The latest that was verified.</summary>
    public const string Current = "current";
    /// <summary>The current one before that.</summary>
    public const string Previous = "previous";
    /// <summary>In force once, or perhaps; a restored guest may have it.</summary>
    public const string Retired = "retired";
    /// <summary>Proved never in force.</summary>
    public const string Void = "void";
}

/// <summary>What was seen in a guest.</summary>
/// <param name="InForce">current, older (it was restored), unverified, clone or foreign.</param>
/// <param name="Generation">The generation in force, of the account or of <paramref name="Other"/>.</param>
/// <param name="Other">The VM, as host/name, whose generation it is.</param>
/// <param name="Note">How it came about, where that is known.</param>
public sealed record EscrowCheck(DateTimeOffset At, string InForce, int? Generation, string? Other, string? Note);

/// <summary>Somebody was given a password for a time.</summary>
/// <param name="By">The name of the token.</param>
/// <param name="Until">UTC; then it is rotated.</param>
/// <param name="Run">The run that rotates it; null: it is not started yet.</param>
public sealed record EscrowCheckout(string By, DateTimeOffset At, DateTimeOffset Until, string? Run);

/// <summary>Asks for a password for a time.</summary>
/// <param name="For">hh:mm:ss, of 1 minute to 7 days.</param>
/// <param name="Reason">3 to 200 characters, which the audit log keeps.</param>
public sealed record CheckoutRequest(string For, string Reason);

/// <summary>Puts another sealed text of the same password in the place of one.</summary>
/// <param name="Was">What is kept.</param>
/// <param name="Sealed">For exactly the node's recipients of now.</param>
public sealed record ResealRequest(byte[] Was, byte[] Sealed);
