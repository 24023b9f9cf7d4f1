using System.Security.Cryptography;
using System.Text;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Sqlite;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Passwords;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.EndToEnd.Tests;

/// <summary>A node's escrow, as who has its files and a recipient's key sees it.</summary>
internal static class LabEscrow
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Made once: that takes seconds of a processor.</summary>
    private static readonly Lazy<(string Certificate, RSAParameters Key)> Made = new(() =>
    {
        using var passphrase = Secret.Of("correct horse battery");
        var made = EscrowKey.Create("test", passphrase, TimeProvider.System.GetUtcNow(), 3072);
        using var key = EscrowKey.Open(made.PrivateKey, passphrase);
        return (made.Certificate, key.ExportParameters(includePrivateParameters: true));
    });

    /// <summary>Gives the node a recipient, the same that all nodes of these tests get.</summary>
    /// <param name="data">The node's data directory.</param>
    /// <returns>Its private key.</returns>
    public static async Task<RSA> AddRecipientAsync(string data)
    {
        var made = Made.Value;
        var file = Path.Combine(data, "recipients", "test.pem");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!, Own | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(file, made.Certificate);
        File.SetUnixFileMode(file, Own);
        return RSA.Create(made.Key);
    }

    public static IEscrow Of(string data) => SqliteTables.Escrow(new(Path.Combine(data, "escrow.db")));

    /// <summary>The password of a generation, which says inside whose it is.</summary>
    public static async Task<string> OpenAsync(IEscrow escrow, RSA key, Account account, Generation generation)
    {
        using var opened = SealedPassword.Open((await escrow.SealedAsync(account.Id, generation.Number))!, key);
        var inside = opened.Context;
        Assert.Equal((account.Id.Vm, account.Id.User, generation.Number), (inside.Vm, inside.User, inside.Generation));
        return Encoding.UTF8.GetString(opened.Password.Reveal());
    }
}
