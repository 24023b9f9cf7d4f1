namespace QgaOrchestrator.Api;

/// <summary>Who can open the escrow: whoever has the private key of this certificate.</summary>
/// <param name="Fingerprint">SHA-256 of the certificate, lower-case hex.</param>
/// <param name="KeyIdentifier">What a sealed password names its recipients by, lower-case hex.</param>
/// <param name="Certificate">PEM.</param>
/// <param name="NotAfter">The certificate's end. What was sealed for it can be opened after that, too.</param>
/// <param name="Bits">Of the RSA key.</param>
public sealed record Recipient(
    string Name, string Fingerprint, string KeyIdentifier, string Certificate, DateTimeOffset NotAfter, int Bits);

/// <summary>Adds a recipient.</summary>
/// <param name="Certificate">X.509, PEM, with an RSA key of 3072 bits or more.</param>
public sealed record RecipientRequest(string Certificate);
