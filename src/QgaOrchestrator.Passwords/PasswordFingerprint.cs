using System.Security.Cryptography;
using System.Text;

namespace QgaOrchestrator.Passwords;

/// <summary>
/// The password field of an account (the second of its entry in /etc/shadow, byte for byte) as SHA-256. A guest prints the same
/// with <c>printf %s "$field" | sha256sum</c>, so that the field itself never leaves it.
/// </summary>
public static class PasswordFingerprint
{
    /// <summary>64 lower-case hexadecimal digits.</summary>
    public static string Of(string field) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(field)));
}
