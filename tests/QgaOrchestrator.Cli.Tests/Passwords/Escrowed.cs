using System.Security.Cryptography;
using System.Text.Json;
using QgaOrchestrator.Api;
using QgaOrchestrator.Passwords;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Cli.Tests.Passwords;

/// <summary>An account in a fake node's escrow, and keys that open it. A key takes the better part of a second to make.</summary>
internal static class Escrowed
{
    public const string Uuid = "11111111-2222-3333-4444-555555555555", Passphrase = "correct horse battery";

    public static readonly DateTimeOffset Made = new(2026, 8, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly EscrowKey Ann = Create("ann"), Bob = Create("bob");

    public static readonly EscrowRecipient OfAnn = EscrowRecipient.Read("ann", Ann.Certificate),
        OfBob = EscrowRecipient.Read("bob", Bob.Certificate);

    /// <summary>The private key without a passphrase, as PEM: its 600,000 rounds are done once.</summary>
    public static readonly string AnnInClear = Clear(Ann), BobInClear = Clear(Bob);

    public static byte[] Seal(int generation, params EscrowRecipient[] to) => Seal("root", generation, to);

    public static byte[] Seal(string user, int generation, params EscrowRecipient[] to)
    {
        using var password = Secret.Of(PasswordOf(generation));
        return SealedPassword.Seal(password, new(Uuid, "hv1/db1", user, generation, Made), to is [] ? [OfAnn] : to);
    }

    /// <summary>Also with what JSON escapes.</summary>
    public static string PasswordOf(int generation) => $"pä\"s\\s+word-{generation}";

    /// <param name="generations">Of each its number, state, and sealed text.</param>
    public static EscrowedAccount Account(int[] possible, params (int Number, string State, byte[]? Sealed)[] generations) =>
        new("db1", "hv1", Uuid, "root",
        [
            .. generations.Select(one => new EscrowedGeneration(one.Number, one.State, Made, $"r{one.Number}")
            {
                Sealed = one.Sealed,
                Verified = one.State == GenerationStates.Candidate ? null : Made.AddSeconds(2),
                Evidence = one.State == GenerationStates.Candidate ? null : "login",
            }),
        ])
        {
            Current = generations.FirstOrDefault(one => one.State == GenerationStates.Current).Number is > 0 and var number
                ? number
                : null,
            Possible = possible,
        };

    public static string Json(EscrowedAccount account) => JsonSerializer.Serialize(account, ApiJson.Default.EscrowedAccount);

    public static string Recipients(params EscrowRecipient[] all) => Answers.Page([
        .. all.Select(one => JsonSerializer.Serialize(
            new Recipient(one.Name, one.Fingerprint, one.KeyIdentifier, one.Certificate, one.NotAfter, 3072),
            ApiJson.Default.Recipient)),
    ]);

    private static EscrowKey Create(string name)
    {
        using var passphrase = Secret.Of(Passphrase);
        return EscrowKey.Create(name, passphrase, Made, 3072);
    }

    private static string Clear(EscrowKey key)
    {
        using var passphrase = Secret.Of(Passphrase);
        using RSA opened = EscrowKey.Open(key.PrivateKey, passphrase);
        return opened.ExportPkcs8PrivateKeyPem();
    }
}
