using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Kinds.PasswordReset;

/// <summary>Options of a run that resets one account's password on each VM.</summary>
/// <param name="User">The account's name in the guest.</param>
/// <param name="Length">Characters of the new password.</param>
/// <param name="Crypted">The guest is sent a crypt(3) hash instead of the password; null: as its system takes it.</param>
/// <param name="Verify">What proves that the new password is in force.</param>
/// <param name="Unlock">A locked account is unlocked by its new password; false: it is refused.</param>
/// <param name="ClearMustChange">An account that must change its password at the next login loses that mark; false: it is
/// refused.</param>
/// <param name="AcceptUnverified">Where a guest cannot prove it as wanted, the strongest proof that it can give is
/// enough.</param>
/// <param name="Mode">A new password, or the current one again.</param>
public sealed record ResetOptions(
    string User, int Length, bool? Crypted, ResetProof Verify, bool Unlock, bool ClearMustChange, bool AcceptUnverified,
    ResetMode Mode)
{
    /// <summary>SHA-256 of the certificate of each recipient that the escrow had when the run was started, sorted: a host that
    /// has others makes no password. Null: the run was started by an earlier version, or makes none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Recipients { get; init; }

    public const int ShortestLength = 16, DefaultLength = 24, LongestLength = 128;

    public static ResetOptions? Of(RunOptions run) => run.Of(ResetKind.Name, ResetJson.Default.ResetOptions);

    public RunOptions In(RunOptions run) => run.With(ResetKind.Name, this, ResetJson.Default.ResetOptions);
}

[JsonConverter(typeof(CamelCaseNames<ResetProof>))]
public enum ResetProof
{
    /// <summary>The guest's entry is the hash that was sent. Where it was sent the password itself: a login.</summary>
    Hash,

    /// <summary>The guest's own login check takes the password.</summary>
    Login,

    /// <summary>The agent's word is enough.</summary>
    None,
}

[JsonConverter(typeof(CamelCaseNames<ResetMode>))]
public enum ResetMode { Rotate, Reapply }

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ResetOptions))]
internal sealed partial class ResetJson : JsonSerializerContext;
