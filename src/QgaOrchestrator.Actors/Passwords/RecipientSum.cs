using System.Security.Cryptography;
using System.Text;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Passwords;

namespace QgaOrchestrator.Actors.Passwords;

/// <summary>The recipients of a host in short, so that hosts can be compared.</summary>
public static class RecipientSum
{
    public const string None = "none", Unusable = "unusable";

    /// <summary>SHA-256 of all their certificates, 12 digits; or that there is none, or that one cannot be used.</summary>
    public static async Task<string> OfAsync(PasswordServices passwords)
    {
        try
        {
            return Of((await passwords.ReadRecipientsAsync()).Select(one => one.Fingerprint));
        }
        catch (Exception e) when (e is StoreException or PasswordException)
        {
            return Unusable;
        }
    }

    public static string Of(IEnumerable<string> fingerprints)
    {
        var all = string.Join('\n', fingerprints.Order(StringComparer.Ordinal));
        return all.Length == 0 ? None : Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(all)))[..12];
    }

    /// <summary>SHA-256 of the certificate of each.</summary>
    /// <exception cref="StoreException">One of them cannot be read or used.</exception>
    public static async Task<IReadOnlyList<string>> ReadAsync(IRecipients recipients)
    {
        try
        {
            return [.. (await recipients.ReadAsync()).Select(one => EscrowRecipient.Read(one.Name, one.Certificate).Fingerprint)];
        }
        catch (PasswordException e)
        {
            throw new StoreException(
                e.Message.TrimEnd('.'), "Mend its file in the node's data directory (recipients/NAME.pem), or remove it", e);
        }
    }
}
