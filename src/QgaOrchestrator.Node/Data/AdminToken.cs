using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Node.Data;

/// <summary>
/// The token that opens the API: 32 random bytes, made once, in a file that only the node's user can read. It has no
/// getter and no ToString that would tell it, so that it cannot end in a log.
/// </summary>
public sealed class AdminToken
{
    private readonly byte[] _digest;

    private AdminToken(string text, DateTimeOffset created) => (_digest, Created) = (Digest(text), created);

    /// <summary>When its file was written.</summary>
    public DateTimeOffset Created { get; }

    /// <exception cref="DataDirectoryException">The file is there and holds no token, or cannot be read or made.</exception>
    public static AdminToken ReadOrCreate(string file)
    {
        try
        {
            if (!File.Exists(file)) Create(file);
            if (OwnFiles.Fault(file) is { } fault)
                throw new DataDirectoryException($"{fault}; or remove it, and a new token is made");
            File.SetUnixFileMode(file, OwnFiles.File);
            return Read(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"{file}: {e.Message}");
        }
    }

    /// <summary>Changes nothing. One that is not there is made by the next start.</summary>
    /// <exception cref="DataDirectoryException">As of <see cref="ReadOrCreate"/>.</exception>
    public static void Check(string file)
    {
        try
        {
            if (!File.Exists(file)) return;
            if (OwnFiles.Fault(file) is { } fault)
                throw new DataDirectoryException($"{fault}; or remove it, and a new token is made");
            Read(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException(
                $"{file}: {e.Message.TrimEnd('.')}. Give it to the node's user, or run this as that user");
        }
    }

    private static AdminToken Read(string file) => File.ReadAllText(file).Trim() is { Length: >= 32 } text
        ? new(text, File.GetLastWriteTimeUtc(file))
        : throw new DataDirectoryException($"{file} holds no token; remove it and start again");

    /// <summary>Compares in a time that tells nothing, not even the length.</summary>
    public bool Matches(string presented) => CryptographicOperations.FixedTimeEquals(_digest, Digest(presented));

    private static void Create(string file) =>
        HeldDirectory.ReplaceFile(
            file, Encoding.ASCII.GetBytes(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)) + "\n"), OwnFiles.File);

    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
