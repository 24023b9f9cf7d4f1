using QgaOrchestrator.Passwords;

namespace QgaOrchestrator.Actors.Stores;

/// <summary>What work on passwords needs besides the guest.</summary>
/// <param name="Escrow">Where they are durable before a guest sees them.</param>
/// <param name="Recipients">Who can open them.</param>
/// <param name="Crypt">libcrypt; its first use throws where this host has none.</param>
public sealed record PasswordServices(IEscrow Escrow, IRecipients Recipients, Lazy<CryptLibrary> Crypt)
{
    /// <exception cref="PasswordException">A file holds no certificate that a password can be sealed to.</exception>
    /// <exception cref="StoreException">They cannot be read.</exception>
    public async Task<IReadOnlyList<EscrowRecipient>> ReadRecipientsAsync() =>
        [.. (await Recipients.ReadAsync()).Select(stored => EscrowRecipient.Read(stored.Name, stored.Certificate))];
}
