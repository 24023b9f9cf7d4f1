using System.Security.Cryptography;
using System.Text;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Postgres;
using QgaOrchestrator.Actors.Stores.Sqlite;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Lab.Databases;
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

    /// <summary>Gives it to all nodes of a cluster, through one.</summary>
    public static async Task<RSA> AddRecipientAsync(QgaClient node)
    {
        var added = await node.AddRecipientAsync("test", Made.Value.Certificate);
        Assert.All(added.Hosts!, host => Assert.True(host.Taken));
        return RSA.Create(Made.Value.Key);
    }

    public static IEscrow Of(string data) => SqliteTables.Escrow(new(Path.Combine(data, "escrow.db")));

    /// <summary>A cluster's.</summary>
    /// <param name="folder">Anywhere: nothing is added to it.</param>
    public static IEscrow Of(PostgresServer store, string folder)
    {
        var provider = new PostgresProvider();
        return provider.Create(provider.Read(new ConnectionKey(
            $"Host={store.Folder};Database=postgres;Username={PostgresServer.User}")), folder, TimeProvider.System).Escrow;
    }

    /// <summary>The password of a generation, which says inside whose it is.</summary>
    public static async Task<string> OpenAsync(IEscrow escrow, RSA key, Account account, Generation generation)
    {
        using var opened = SealedPassword.Open((await escrow.SealedAsync(account.Id, generation.Number))!, key);
        var inside = opened.Context;
        Assert.Equal((account.Id.Vm, account.Id.User, generation.Number), (inside.Vm, inside.User, inside.Generation));
        return Encoding.UTF8.GetString(opened.Password.Reveal());
    }

    private sealed class ConnectionKey(string connection) : IStoreKeys
    {
        public string? Text(string name) => name == "ConnectionString" ? connection : null;

        public string? FullPath(string name) => null;

        public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan least, TimeSpan most) => fallback;

        public void Refuse(string name, string why) => Assert.Fail($"{name}: {why}");
    }
}
