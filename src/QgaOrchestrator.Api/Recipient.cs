using System.Text.Json.Serialization;

namespace QgaOrchestrator.Api;

/// <summary>Who can open the escrow: whoever has the private key of this certificate.</summary>
/// <param name="Fingerprint">SHA-256 of the certificate, lower-case hex.</param>
/// <param name="KeyIdentifier">What a sealed password names its recipients by, lower-case hex.</param>
/// <param name="Certificate">PEM.</param>
/// <param name="NotAfter">The certificate's end. What was sealed for it can be opened after that, too.</param>
/// <param name="Bits">Of the RSA key.</param>
public sealed record Recipient(
    string Name, string Fingerprint, string KeyIdentifier, string Certificate, DateTimeOffset NotAfter, int Bits)
{
    /// <summary>In the answer that adds it: which hosts have it now. Null: the node is alone, or it is another answer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RecipientHost>? Hosts { get; init; }
}

/// <summary>What a host made of a change of the recipients: they are files of each host.</summary>
/// <param name="Taken">The host has made the change, or had it before.</param>
public sealed record RecipientHost(string Host, bool Taken)
{
    /// <summary>Why it has not, a sentence.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>What to do about it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Remedy { get; init; }
}

/// <summary>A recipient that was removed from several hosts.</summary>
public sealed record RemovedRecipient(string Name, IReadOnlyList<RecipientHost> Hosts);

/// <summary>Adds a recipient.</summary>
/// <param name="Certificate">X.509, PEM, with an RSA key of 3072 bits or more.</param>
public sealed record RecipientRequest(string Certificate);
