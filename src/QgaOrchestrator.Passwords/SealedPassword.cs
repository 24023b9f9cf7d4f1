using System.Security.Cryptography;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Passwords;

/// <summary>
/// A password that its recipients alone can read, together with what it is for. Without us:
/// <c>openssl cms -decrypt -inform DER -in FILE -inkey KEY</c>. (openssl prints text that was changed, too: it counts only when
/// openssl ends with 0.)
/// </summary>
public static class SealedPassword
{
    /// <summary>Each recipient can open it. What is in clear on the way is overwritten.</summary>
    /// <returns>DER, some 700 bytes and 450 to 600 for each recipient.</returns>
    /// <exception cref="PasswordException">There is no recipient, or the context cannot be written.</exception>
    public static byte[] Seal(Secret password, SealedContext context, IReadOnlyList<EscrowRecipient> to)
    {
        if (to.Count == 0)
            throw new PasswordException(PasswordFault.Input, "A password cannot be sealed for nobody: add an escrow recipient.");
        using var text = SealedText.Write(context, password);
        using var contentKey = new PinnedBytes(CmsEnvelope.KeyLength);
        RandomNumberGenerator.Fill(contentKey.Span);
        var nonce = RandomNumberGenerator.GetBytes(CmsEnvelope.NonceLength);
        var ciphertext = new byte[text.Span.Length];
        var tag = new byte[CmsEnvelope.TagLength];
        using (var aes = new AesGcm(contentKey.Span, CmsEnvelope.TagLength))
            aes.Encrypt(nonce, text.Span, ciphertext, tag);
        var recipients = new List<(string, byte[])>(to.Count);
        foreach (var recipient in to.DistinctBy(recipient => recipient.KeyIdentifier))
            recipients.Add((recipient.KeyIdentifier, recipient.Encrypt(contentKey.Span)));
        return new CmsEnvelope(recipients, nonce, ciphertext, tag).Encode();
    }

    /// <summary>The key identifiers of those who can open it. Nothing is opened.</summary>
    /// <exception cref="PasswordException">The bytes are no sealed password.</exception>
    public static IReadOnlyList<string> RecipientsOf(ReadOnlyMemory<byte> bytes) =>
        [.. CmsEnvelope.Decode(bytes).Recipients.Select(recipient => recipient.KeyIdentifier)];

    /// <summary>The content key, encrypted for one recipient: what a token or an HSM decrypts (RSA-OAEP, SHA-256 for the hash and
    /// for MGF1) where no key file is at hand. Its 32 bytes go to <see cref="Open(ReadOnlyMemory{byte},
    /// ReadOnlySpan{byte})"/>.</summary>
    /// <exception cref="PasswordException">It is not sealed for that recipient, or the bytes are no sealed password.</exception>
    public static byte[] KeyFor(ReadOnlyMemory<byte> bytes, string keyIdentifier) =>
        KeyFor(CmsEnvelope.Decode(bytes), keyIdentifier);

    /// <param name="keyIdentifier">The recipient's, where it is known. Else each recipient is tried with this key.</param>
    /// <exception cref="PasswordException">It is sealed for other keys, or was changed, or is no sealed password.</exception>
    public static OpenedPassword Open(ReadOnlyMemory<byte> bytes, RSA key, string? keyIdentifier = null)
    {
        var envelope = CmsEnvelope.Decode(bytes);
        using var contentKey = new PinnedBytes(CmsEnvelope.KeyLength);
        var candidates = keyIdentifier is null
            ? envelope.Recipients.Select(recipient => recipient.EncryptedKey)
            : [KeyFor(envelope, keyIdentifier)];
        if (candidates.Any(candidate => Decrypts(key, candidate, contentKey.Span)))
            return Open(envelope, contentKey.Span);
        throw NotForThisKey(envelope, "this key");
    }

    /// <param name="contentKey">32 bytes. The caller overwrites them.</param>
    /// <exception cref="PasswordException">That is not its key, or it was changed, or is no sealed password.</exception>
    public static OpenedPassword Open(ReadOnlyMemory<byte> bytes, ReadOnlySpan<byte> contentKey) =>
        Open(CmsEnvelope.Decode(bytes), contentKey);

    private static OpenedPassword Open(CmsEnvelope envelope, ReadOnlySpan<byte> contentKey)
    {
        if (contentKey.Length != CmsEnvelope.KeyLength)
            throw new PasswordException(
                PasswordFault.Input, $"A content key has {CmsEnvelope.KeyLength} bytes, and this one has {contentKey.Length}.");
        using var text = new PinnedBytes(envelope.Ciphertext.Length);
        try
        {
            using var aes = new AesGcm(contentKey, CmsEnvelope.TagLength);
            aes.Decrypt(envelope.Nonce, envelope.Ciphertext, envelope.Tag, text.Span);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new PasswordException(
                PasswordFault.Tampered,
                "The sealed password was changed after it was sealed, or the content key is another's. Do not use it.");
        }
        return SealedText.Read(text.Span)
            ?? throw new PasswordException(PasswordFault.Format, "What is sealed is no password of ours.");
    }

    private static bool Decrypts(RSA key, byte[] encrypted, Span<byte> contentKey)
    {
        // As long as the modulus: decrypting writes no more.
        using var decrypted = new PinnedBytes(key.KeySize / 8);
        try
        {
            if (!key.TryDecrypt(encrypted, decrypted.Span, RSAEncryptionPadding.OaepSHA256, out var length)
                || length != contentKey.Length)
                return false;
            decrypted.Span[..length].CopyTo(contentKey);
            return true;
        }
        catch (CryptographicException)
        {
            return false; // another recipient's
        }
    }

    private static byte[] KeyFor(CmsEnvelope envelope, string keyIdentifier) =>
        envelope.Recipients
            .Where(recipient => recipient.KeyIdentifier.Equals(keyIdentifier, StringComparison.OrdinalIgnoreCase))
            .Select(recipient => recipient.EncryptedKey)
            .FirstOrDefault()
        ?? throw NotForThisKey(envelope, $"key {keyIdentifier}");

    private static PasswordException NotForThisKey(CmsEnvelope envelope, string key) => new(
        PasswordFault.NotForThisKey,
        $"The password is not sealed for {key}, but for {string.Join(", ", envelope.Recipients.Select(r => r.KeyIdentifier))}.");
}
