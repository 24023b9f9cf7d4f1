using System.Security.Cryptography;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Passwords;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Actors.Tests;

/// <summary>One recipient, and its private key: made once, since that takes a second.</summary>
internal sealed class EscrowKeys : IRecipients
{
    private static readonly Lazy<(string Certificate, RSA Key)> Made = new(() =>
    {
        using var passphrase = Secret.Of("correct horse battery");
        var key = EscrowKey.Create("test", passphrase, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), 3072);
        return (key.Certificate, EscrowKey.Open(key.PrivateKey, passphrase));
    });

    /// <summary>The password of a sealed generation.</summary>
    public static string Open(byte[] sealedText)
    {
        using var opened = SealedPassword.Open(sealedText, Made.Value.Key);
        return System.Text.Encoding.UTF8.GetString(opened.Password.Reveal());
    }

    public Task<IReadOnlyList<StoredRecipient>> ReadAsync() =>
        Task.FromResult<IReadOnlyList<StoredRecipient>>([new("test", Made.Value.Certificate)]);

    public Task<bool> AddAsync(StoredRecipient recipient) => throw new NotSupportedException();

    public Task<bool> RemoveAsync(string name) => throw new NotSupportedException();
}
