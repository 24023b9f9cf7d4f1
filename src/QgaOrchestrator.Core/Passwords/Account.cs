using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Core.Passwords;

/// <summary>Whose password it is.</summary>
/// <param name="Vm">The VM's UUID, else host/name: as <see cref="KeyOf"/> makes it.</param>
/// <param name="User">The account's name in the guest.</param>
public sealed record AccountId(string Vm, string User)
{
    /// <summary>chpasswd and pw take no name beyond these, and our own lines of text hold none.</summary>
    public const string UserExpected =
        "expected an account's name: 1 to 256 characters without colon, comma, slash, blank or control";

    public static bool IsUser(string user) =>
        user.Length is >= 1 and <= 256 && !user.StartsWith('-') && !user.Any(c => c is ':' or ',' or '/' || char.IsControl(c)
            || char.IsWhiteSpace(c));

    /// <summary>A VM is its UUID wherever it runs; one without a UUID is its place.</summary>
    public static string KeyOf(string? uuid, string host, string name) => uuid ?? $"{host}/{name}";

    public override string ToString() => $"{User} of {Vm}";
}

/// <summary>
/// An account whose passwords are in the escrow: all generations that may still be needed, and what was seen in the guest. It
/// holds no password: the sealed text of a generation lies beside it. Members are a stored format.
/// </summary>
/// <param name="Id">Whose.</param>
/// <param name="Name">The VM when it was last worked on, as host/name.</param>
public sealed record Account(AccountId Id, string Name)
{
    /// <summary>By number, the oldest first.</summary>
    public ImmutableList<Generation> Generations { get; init; } = [];

    /// <summary>The number of the latest generation; numbers are never used twice.</summary>
    public int Latest { get; init; }

    /// <summary>The item that works on this account; null: none.</summary>
    public AccountLease? Lease { get; init; }

    /// <summary>What was last seen to be in force; null: nobody has looked since the last promotion.</summary>
    public AccountCheck? Check { get; init; }

    /// <summary>The QEMU process under which the guest was last looked at, as its host names it; null: not known.</summary>
    public string? Process { get; init; }

    /// <summary>Somebody holds the password in clear; null: nobody.</summary>
    public AccountCheckout? Checkout { get; init; }

    /// <summary>Nothing of it is worth keeping.</summary>
    [JsonIgnore]
    public bool IsEmpty => this is { Latest: 0, Lease: null, Check: null, Checkout: null };

    [JsonIgnore]
    public Generation? Current => Generations.Find(generation => generation.State == GenerationState.Current);

    /// <summary>Sent, or perhaps sent, and neither verified nor proved never in force.</summary>
    [JsonIgnore]
    public IEnumerable<Generation> Open => Generations.Where(generation => generation.IsOpen);

    /// <summary>The generation with this number; null: it is not kept, or never was.</summary>
    public Generation? Find(int number) => Generations.Find(generation => generation.Number == number);
}

/// <summary>One password of an account, from the moment at which it is durable.</summary>
/// <param name="Number">From 1, rising.</param>
/// <param name="Made">UTC.</param>
/// <param name="Run">The run that made it.</param>
/// <param name="Item">Index of the item in that run.</param>
/// <param name="Hash">The crypt(3) hash that the guest is sent; null where it is sent the password itself.</param>
/// <param name="Before">The fingerprint of what was in force before it was sent; null where that could not be seen.</param>
public sealed record Generation(
    int Number,
    DateTimeOffset Made,
    string Run,
    int Item,
    // A member that must be there when it is read is written also where it is null.
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Hash,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Before)
{
    public GenerationState State { get; init; } = GenerationState.Candidate;

    /// <summary>
    /// What the guest's entry looks like while this password is in force: see <see cref="GuestEntry.Fingerprint"/>. Of a
    /// password that was sent in clear it is known once it was seen; null: it is not known.
    /// </summary>
    public string? Fingerprint { get; init; }

    /// <summary>When the guest was seen, or said, to have taken it.</summary>
    public DateTimeOffset? Applied { get; init; }

    /// <summary>When it became the current one.</summary>
    public DateTimeOffset? Verified { get; init; }

    /// <summary>How that was verified.</summary>
    public Evidence? Evidence { get; init; }

    /// <summary>When a later one was verified, or this one was proved never in force.</summary>
    public DateTimeOffset? Ended { get; init; }

    [JsonIgnore]
    public bool IsOpen => State is GenerationState.Candidate or GenerationState.Applied;
}

/// <summary>States of a generation, as the contract names them.</summary>
[JsonConverter(typeof(CamelCaseNames<GenerationState>))]
public enum GenerationState
{
    /// <summary>Durable; it may have been sent, and may be in force.</summary>
    Candidate,

    /// <summary>The guest has taken it; it is not verified as its run wants.</summary>
    Applied,

    /// <summary>The latest that was verified.</summary>
    Current,

    /// <summary>The current one before that.</summary>
    Previous,

    /// <summary>In force once, or perhaps; a restored guest may have it.</summary>
    Retired,

    /// <summary>Proved never in force.</summary>
    Void,
}

/// <summary>How a success is known, the strongest first.</summary>
[JsonConverter(typeof(CamelCaseNames<Evidence>))]
public enum Evidence
{
    /// <summary>The guest's own login check took the password.</summary>
    Login,

    /// <summary>The guest's entry is the one that was sent.</summary>
    Hash,

    /// <summary>The agent said so.</summary>
    Acknowledged,
}

/// <summary>An item that works on the account: another one waits until it is settled.</summary>
public sealed record AccountLease(string Run, int Item, int Attempt);

/// <summary>What is in force in a guest, as somebody looked.</summary>
/// <param name="At">UTC.</param>
/// <param name="InForce">What was found.</param>
/// <param name="Generation">The generation in force, of this account or of <paramref name="Other"/>; null: none that is
/// known.</param>
/// <param name="Other">The account, as host/name, that this generation belongs to: the guest is a clone.</param>
/// <param name="Note">How it came about, where that is known.</param>
public sealed record AccountCheck(
    DateTimeOffset At, InForce InForce, int? Generation = null, string? Other = null, string? Note = null);

[JsonConverter(typeof(CamelCaseNames<InForce>))]
public enum InForce
{
    Current,

    /// <summary>An older generation: the guest was restored.</summary>
    Older,

    /// <summary>A candidate that was not verified.</summary>
    Unverified,

    /// <summary>Another VM's: the guest is a clone.</summary>
    Clone,

    /// <summary>None that the escrow knows: it was set past the escrow.</summary>
    Foreign,
}

/// <summary>Somebody was given the password for a time.</summary>
/// <param name="By">The name of the token.</param>
/// <param name="Until">UTC; then it is rotated.</param>
/// <param name="Reason">Why, as the audit log has it.</param>
public sealed record AccountCheckout(string By, DateTimeOffset At, DateTimeOffset Until, string Reason)
{
    /// <summary>The run that rotates it; null: none was started yet.</summary>
    public string? Rotation { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Account))]
public sealed partial class AccountJson : JsonSerializerContext;
