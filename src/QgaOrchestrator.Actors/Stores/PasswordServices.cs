using QgaOrchestrator.Passwords;

namespace QgaOrchestrator.Actors.Stores;

/// <summary>What work on passwords needs besides the guest.</summary>
/// <param name="escrow">Where they are durable before a guest sees them.</param>
/// <param name="recipients">Who can open them.</param>
/// <param name="crypt">libcrypt; its first use throws where this host has none.</param>
public sealed class PasswordServices(IEscrow escrow, IRecipients recipients, Lazy<CryptLibrary> crypt)
{
    private Parsed _parsed = new([], []);

    public IEscrow Escrow => escrow;

    public Lazy<CryptLibrary> Crypt => crypt;

    /// <summary>The files are read for each password, so that a change counts at once; certificates are parsed when they have
    /// changed.</summary>
    /// <exception cref="PasswordException">A file holds no certificate that a password can be sealed to.</exception>
    /// <exception cref="StoreException">They cannot be read.</exception>
    public async Task<IReadOnlyList<EscrowRecipient>> ReadRecipientsAsync()
    {
        var (stored, parsed) = (await recipients.ReadAsync(), _parsed);
        if (!stored.SequenceEqual(parsed.Of))
            _parsed = parsed = new(stored, [.. stored.Select(one => EscrowRecipient.Read(one.Name, one.Certificate))]);
        return parsed.Recipients;
    }

    private sealed record Parsed(IReadOnlyList<StoredRecipient> Of, IReadOnlyList<EscrowRecipient> Recipients);
}
