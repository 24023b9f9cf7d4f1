using System.Buffers.Binary;
using System.Text;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>
/// One line of authorized_keys, as sshd(8) has it: options where there are any, a key's type, its base64, a comment. The
/// agent takes any line, and sshd passes over one that it does not understand, so a wrong line would only show at a login.
/// </summary>
internal static class AuthorizedKey
{
    public const string Shape = "Give one public key a line, as in id_ed25519.pub: ssh-ed25519 AAAA… NAME.";

    private const string Certificate = "-cert-v01@openssh.com";

    /// <summary>What a key of this type begins with, where that is not its own name: the type of a signature is taken for the
    /// key's.</summary>
    private static readonly Dictionary<string, string> Inner = new()
    {
        ["webauthn-sk-ecdsa-sha2-nistp256@openssh.com"] = "sk-ecdsa-sha2-nistp256@openssh.com",
        ["rsa-sha2-256"] = "ssh-rsa",
        ["rsa-sha2-512"] = "ssh-rsa",
    };

    private static readonly string[] Plain =
    [
        "ssh-ed25519", "ssh-rsa", "ssh-dss", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com", "ssh-xmss@openssh.com", .. Inner.Keys,
    ];

    private static readonly HashSet<string> Types =
    [
        .. Plain,
        .. Plain.Select(type =>
            type.EndsWith("@openssh.com", StringComparison.Ordinal)
                ? type.Replace("@openssh.com", Certificate, StringComparison.Ordinal)
                : type + Certificate
        ),
    ];

    private static readonly HashSet<string> Options = new(StringComparer.OrdinalIgnoreCase)
    {
        "agent-forwarding", "cert-authority", "command", "environment", "expiry-time", "from", "no-agent-forwarding",
        "no-port-forwarding", "no-pty", "no-touch-required", "no-user-rc", "no-x11-forwarding", "permitlisten", "permitopen",
        "port-forwarding", "principals", "pty", "restrict", "tunnel", "user-rc", "verify-required", "x11-forwarding",
    };

    /// <summary>Why the line is no authorized key, and what to do; null where it is one. Never repeats the line.</summary>
    public static (string Why, string Remedy)? Fault(string line)
    {
        if (
            line.Contains("PRIVATE KEY", StringComparison.Ordinal)
            || line.StartsWith("PuTTY-User-Key-File", StringComparison.Ordinal)
        )
            return (
                "that is a private key, which belongs into no guest", "Give the public one: ssh-keygen -y -f FILE prints it.");
        if (line.StartsWith("----", StringComparison.Ordinal))
            return (
                "that is a public key of another format",
                "ssh-keygen -i -f FILE prints it as OpenSSH has it; -m PKCS8 or -m PEM names the format."
            );
        if (
            line.StartsWith("SHA256:", StringComparison.Ordinal)
            || line.StartsWith("MD5:", StringComparison.Ordinal)
            || line[0] is '$'
        )
            return ("that is a hash and no key", Shape);

        var (first, rest) = Split(line);
        if (Types.Contains(first)) return OfKey(first, rest);
        if (rest.Length == 0) return ("that is no key of a type that OpenSSH knows", Shape);
        var (type, key) = Split(rest);
        if (!Types.Contains(type)) return ("that is no key of a type that OpenSSH knows", Shape);
        foreach (var option in Unquoted(first, ','))
        {
            if (!Options.Contains(option.Split('=')[0]))
                return (
                    "what stands before the key's type is no option of sshd",
                    "sshd(8) lists them under AUTHORIZED_KEYS FILE FORMAT; a line of known_hosts does not fit authorized_keys."
                );
        }
        return OfKey(type, key);
    }

    private static (string Why, string Remedy)? OfKey(string type, string rest)
    {
        const string remedy = "Copy it again from the .pub file, in one piece and on one line.";
        var text = Split(rest).First;
        var bytes = new byte[text.Length];
        if (text.Length == 0 || !Convert.TryFromBase64String(text, bytes, out var length))
            return ($"the {type} key is not base64", remedy);
        ReadOnlySpan<byte> key = bytes.AsSpan(0, length);
        var inner = Inner.GetValueOrDefault(type, type);
        if (!Take(ref key, out var named)) return ($"the {type} key is cut short", remedy);
        if (!named.SequenceEqual(Encoding.ASCII.GetBytes(inner)))
            return ($"the key does not match its line: its data is not of type {type}", remedy);
        // A certificate holds numbers, too; any other key is strings to its end.
        if (!type.EndsWith(Certificate, StringComparison.Ordinal))
        {
            do
            {
                if (!Take(ref key, out var part) || part.IsEmpty && key.IsEmpty) return ($"the {type} key is cut short", remedy);
            }
            while (!key.IsEmpty);
        }
        else if (key.IsEmpty)
        {
            return ($"the {type} key is cut short", remedy);
        }
        return null;
    }

    /// <summary>A string as in RFC 4251: its length in four bytes, then itself.</summary>
    private static bool Take(ref ReadOnlySpan<byte> from, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (!BinaryPrimitives.TryReadUInt32BigEndian(from, out var length) || length > from.Length - sizeof(uint)) return false;
        taken = from.Slice(sizeof(uint), (int)length);
        from = from[(sizeof(uint) + (int)length)..];
        return true;
    }

    /// <summary>The first word, in which a quoted space does not count, and the rest.</summary>
    private static (string First, string After) Split(string line)
    {
        var end = End(line, " \t");
        return (line[..end], line[end..].TrimStart());
    }

    private static IEnumerable<string> Unquoted(string text, char between)
    {
        while (text.Length > 0)
        {
            var end = End(text, between.ToString());
            yield return text[..end];
            text = end < text.Length ? text[(end + 1)..] : "";
        }
    }

    /// <summary>Where the first of these stands outside of quotes, in which \" is no end.</summary>
    private static int End(string text, string any)
    {
        var quoted = false;
        for (var at = 0; at < text.Length; at++)
        {
            if (quoted && text[at] == '\\' && at + 1 < text.Length && text[at + 1] == '"') at++;
            else if (text[at] == '"') quoted = !quoted;
            else if (!quoted && any.Contains(text[at])) return at;
        }
        return text.Length;
    }
}
