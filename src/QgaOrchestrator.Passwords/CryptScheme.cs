using System.Security.Cryptography;

namespace QgaOrchestrator.Passwords;

/// <summary>
/// A scheme of crypt(5) that we hash with. The costs are low on purpose: stretching protects passwords that can be guessed,
/// and 16 random characters or more cannot.
/// </summary>
public sealed class CryptScheme
{
    /// <summary>yescrypt at libxcrypt's lowest cost: 1 MiB, a few milliseconds.</summary>
    public static readonly CryptScheme Yescrypt = new("$y$", "$y$j75$", saltLength: 20, lastOfSalt: Itoa64);

    /// <summary>bcrypt. It reads 72 characters of a password and passes over the rest, here and at each login.</summary>
    // The salt is 128 bits in 22 characters: the last of them holds 2 bits.
    public static readonly CryptScheme Bcrypt = new("$2b$", "$2b$05$", saltLength: 22, lastOfSalt: ".Oeu");

    /// <summary>SHA-512 with its 5,000 rounds. Every guest that has shadow passwords reads it.</summary>
    public static readonly CryptScheme Sha512 = new("$6$", "$6$", saltLength: 16, lastOfSalt: Itoa64);

    private const string Itoa64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly string _start, _lastOfSalt;
    private readonly int _saltLength;

    private CryptScheme(string prefix, string start, int saltLength, string lastOfSalt) =>
        (Prefix, _start, _saltLength, _lastOfSalt) = (prefix, start, saltLength, lastOfSalt);

    public static IReadOnlyList<CryptScheme> All { get; } = [Yescrypt, Bcrypt, Sha512];

    /// <summary>As in /etc/shadow: "$6$".</summary>
    public string Prefix { get; }

    /// <summary>The scheme for an account that has this one now, else <see cref="Sha512"/>: newer guests refuse old
    /// schemes.</summary>
    /// <param name="prefix">"$y$", or null where the account has none.</param>
    public static CryptScheme Of(string? prefix) => All.FirstOrDefault(scheme => scheme.Prefix == prefix) ?? Sha512;

    public override string ToString() => Prefix;

    /// <summary>Scheme, cost and a new salt, as crypt_r takes them.</summary>
    internal string NewSetting()
    {
        Span<char> salt = stackalloc char[_saltLength];
        RandomNumberGenerator.GetItems(Itoa64, salt);
        RandomNumberGenerator.GetItems(_lastOfSalt, salt[^1..]);
        return string.Concat(_start, salt);
    }
}
