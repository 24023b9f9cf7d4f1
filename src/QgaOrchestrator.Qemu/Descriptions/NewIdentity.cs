using System.Text.RegularExpressions;

namespace QgaOrchestrator.Qemu.Descriptions;

/// <summary>A UUID and MAC addresses for a VM that is made beside the one that it was.</summary>
internal sealed partial class NewIdentity(Random random)
{
    private readonly Dictionary<string, string> _macs = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The same wherever it is put in.</summary>
    public string Uuid { get; } = NewUuid(random).ToString();

    /// <summary>Another address for each, of the same maker; the same one for the same.</summary>
    public string MacFor(string mac)
    {
        if (_macs.TryGetValue(mac, out var known)) return known;
        string made;
        do made = $"{mac[..8]}:{random.Next(256):x2}:{random.Next(256):x2}:{random.Next(256):x2}";
        while (string.Equals(made, mac, StringComparison.OrdinalIgnoreCase) || _macs.ContainsValue(made));
        return _macs[mac] = char.IsUpper(mac.FirstOrDefault(char.IsLetter)) ? made.ToUpperInvariant() : made;
    }

    /// <summary>The text with another address in the place of each.</summary>
    public string WithNewMacs(string text) => Macs().Replace(text, mac => MacFor(mac.Value));

    private static Guid NewUuid(Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40); // version 4, RFC 9562
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new(bytes, bigEndian: true);
    }

    [GeneratedRegex(@"(?<![0-9A-Fa-f:])[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}(?![0-9A-Fa-f:])", RegexOptions.CultureInvariant)]
    private static partial Regex Macs();
}
