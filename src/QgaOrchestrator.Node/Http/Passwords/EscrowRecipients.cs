using System.Security.Cryptography.X509Certificates;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Passwords;

namespace QgaOrchestrator.Node.Http.Passwords;

/// <summary>The node's recipients, parsed.</summary>
public static class EscrowRecipients
{
    /// <exception cref="StoreException">One of them cannot be used.</exception>
    public static async Task<IReadOnlyList<EscrowRecipient>> ReadAsync(IRecipients recipients)
    {
        try
        {
            return [.. (await recipients.ReadAsync()).Select(one => EscrowRecipient.Read(one.Name, one.Certificate))];
        }
        catch (PasswordException e)
        {
            throw new StoreException(
                e.Message.TrimEnd('.'), "Mend its file in the node's data directory (recipients/NAME.pem), or remove it", e);
        }
    }

    public static Recipient ToApi(this EscrowRecipient one)
    {
        using var certificate = X509Certificate2.CreateFromPem(one.Certificate);
        using var key = certificate.GetRSAPublicKey();
        return new(one.Name, one.Fingerprint, one.KeyIdentifier, one.Certificate, one.NotAfter, key!.KeySize);
    }
}
