using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Node.Data;

/// <summary>
/// The admin's token: 32 random bytes, made once, in a file that only the node's user can read. Neither a property nor ToString
/// gives it away, so it cannot get into a log.
/// </summary>
public sealed class AdminToken
{
    private readonly byte[] _digest;

    private AdminToken(string text, DateTimeOffset created) => (_digest, Created) = (Digest(text), created);

    /// <summary>When its file was written.</summary>
    public DateTimeOffset Created { get; }

    /// <exception cref="DataDirectoryException">The file exists and holds no token, or it cannot be read or made.</exception>
    public static AdminToken ReadOrCreate(string file)
    {
        try
        {
            if (!File.Exists(file)) Create(file);
            if (OwnFiles.Fault(file) is { } fault)
                throw new DataDirectoryException($"{fault}; or remove the file, and the next start makes a new token");
            File.SetUnixFileMode(file, OwnFiles.File);
            return Read(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"{file}: {e.Message}");
        }
    }

    /// <summary>Checks the file and changes nothing. The next start makes a missing one.</summary>
    /// <exception cref="DataDirectoryException">As in <see cref="ReadOrCreate"/>.</exception>
    public static void Check(string file)
    {
        try
        {
            if (!File.Exists(file)) return;
            if (OwnFiles.Fault(file) is { } fault)
                throw new DataDirectoryException($"{fault}; or remove the file, and the next start makes a new token");
            Read(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException(
                $"{file}: {e.Message.TrimEnd('.')}. Let the node's user own it, or run this as that user");
        }
    }

    private static AdminToken Read(string file) => File.ReadAllText(file).Trim() is { Length: >= 32 } text
        ? new(text, File.GetLastWriteTimeUtc(file))
        : throw new DataDirectoryException($"{file} holds no token; remove it and start again");

    /// <summary>The time that a comparison takes reveals nothing, not even the length.</summary>
    public bool Matches(string presented) => CryptographicOperations.FixedTimeEquals(_digest, Digest(presented));

    private static void Create(string file) =>
        HeldDirectory.ReplaceFile(
            file, Encoding.ASCII.GetBytes(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)) + "\n"), OwnFiles.File);

    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
