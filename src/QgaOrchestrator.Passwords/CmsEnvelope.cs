using System.Formats.Asn1;

namespace QgaOrchestrator.Passwords;

/// <summary>
/// The form of a sealed password: a CMS ContentInfo (RFC 5652) with AuthEnvelopedData (RFC 5083): AES-256-GCM (RFC 5084) under a
/// random content key, which is encrypted for each recipient with RSA-OAEP (RFC 4055; SHA-256, also in MGF1). DER. It holds
/// nothing secret in clear.
/// </summary>
/// <param name="Recipients">The subject key identifier of each (lower-case hexadecimal) and the content key for it.</param>
internal sealed record CmsEnvelope(
    IReadOnlyList<(string KeyIdentifier, byte[] EncryptedKey)> Recipients, byte[] Nonce, byte[] Ciphertext, byte[] Tag)
{
    public const int KeyLength = 32, NonceLength = 12, TagLength = 16;

    private const string AuthEnvelopedData = "1.2.840.113549.1.9.16.1.23", Data = "1.2.840.113549.1.7.1",
        Aes256Gcm = "2.16.840.1.101.3.4.1.46", RsaOaep = "1.2.840.113549.1.1.7", Mgf1 = "1.2.840.113549.1.1.8",
        Sha256 = "2.16.840.1.101.3.4.2.1";

    private static readonly Asn1Tag Tag0 = new(TagClass.ContextSpecific, 0), Tag1 = new(TagClass.ContextSpecific, 1);

    private static readonly byte[] OaepAlgorithm = EncodedOaepAlgorithm();

    public byte[] Encode()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(AuthEnvelopedData);
            using (writer.PushSequence(Tag0))
            using (writer.PushSequence())
            {
                writer.WriteInteger(0);
                using (writer.PushSetOf())
                    foreach (var (identifier, key) in Recipients)
                        using (writer.PushSequence())
                        {
                            writer.WriteInteger(2); // named by its subject key identifier
                            writer.WriteOctetString(Convert.FromHexString(identifier), Tag0);
                            writer.WriteEncodedValue(OaepAlgorithm);
                            writer.WriteOctetString(key);
                        }
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(Data);
                    using (writer.PushSequence())
                    {
                        writer.WriteObjectIdentifier(Aes256Gcm);
                        using (writer.PushSequence())
                        {
                            writer.WriteOctetString(Nonce);
                            writer.WriteInteger(TagLength);
                        }
                    }
                    writer.WriteOctetString(Ciphertext, Tag0);
                }
                writer.WriteOctetString(Tag);
            }
        }
        return writer.Encode();
    }

    /// <summary>Exactly what <see cref="Encode"/> writes, with any recipients.</summary>
    /// <exception cref="PasswordException">It is something else.</exception>
    public static CmsEnvelope Decode(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var file = new AsnReader(bytes, AsnEncodingRules.DER);
            var info = file.ReadSequence();
            file.ThrowIfNotEmpty();
            Expect(info.ReadObjectIdentifier() == AuthEnvelopedData);
            var content = info.ReadSequence(Tag0);
            info.ThrowIfNotEmpty();
            var enveloped = content.ReadSequence();
            content.ThrowIfNotEmpty();
            Expect(enveloped.ReadInteger() == 0);
            var recipients = ReadRecipients(enveloped.ReadSetOf());
            var encrypted = enveloped.ReadSequence();
            var tag = enveloped.ReadOctetString();
            enveloped.ThrowIfNotEmpty();

            Expect(encrypted.ReadObjectIdentifier() == Data);
            var algorithm = encrypted.ReadSequence();
            var ciphertext = encrypted.ReadOctetString(Tag0);
            encrypted.ThrowIfNotEmpty();
            Expect(algorithm.ReadObjectIdentifier() == Aes256Gcm);
            var parameters = algorithm.ReadSequence();
            algorithm.ThrowIfNotEmpty();
            var nonce = parameters.ReadOctetString();
            Expect(parameters.ReadInteger() == TagLength && tag.Length == TagLength && nonce.Length == NonceLength);
            parameters.ThrowIfNotEmpty();
            return new(recipients, nonce, ciphertext, tag);
        }
        catch (AsnContentException failure)
        {
            throw NotOurs(failure);
        }
    }

    private static List<(string, byte[])> ReadRecipients(AsnReader set)
    {
        var recipients = new List<(string, byte[])>();
        while (set.HasData)
        {
            var recipient = set.ReadSequence();
            Expect(recipient.ReadInteger() == 2);
            var identifier = Convert.ToHexStringLower(recipient.ReadOctetString(Tag0));
            Expect(recipient.ReadEncodedValue().Span.SequenceEqual(OaepAlgorithm));
            recipients.Add((identifier, recipient.ReadOctetString()));
            recipient.ThrowIfNotEmpty();
        }
        Expect(recipients.Count > 0);
        return recipients;
    }

    private static byte[] EncodedOaepAlgorithm()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(RsaOaep);
            using (writer.PushSequence())
            {
                using (writer.PushSequence(Tag0)) WriteSha256(writer);
                using (writer.PushSequence(Tag1))
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(Mgf1);
                    WriteSha256(writer);
                }
            }
        }
        return writer.Encode();
    }

    private static void WriteSha256(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Sha256);
            writer.WriteNull();
        }
    }

    private static void Expect(bool holds)
    {
        if (!holds) throw NotOurs(null);
    }

    private static PasswordException NotOurs(AsnContentException? failure) => new(
        PasswordFault.Format, "The bytes are no sealed password: they are not CMS AuthEnvelopedData as we write it.", failure);
}
