using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Actors.Stores.Postgres;

/// <summary>The file that holds the database's password. It is read for each new connection, so it can be replaced.</summary>
internal static class PasswordFile
{
    /// <exception cref="StoreException">It cannot be read, or others can read it.</exception>
    public static string Read(string path)
    {
        try
        {
            if (OwnFiles.SecretFault(path) is { } fault)
                throw Refused(fault, "Then replace the password, if others could read it");
            return File.ReadAllText(path).TrimEnd('\r', '\n') is { Length: > 0 } password
                ? password
                : throw Refused($"{path} is empty", "Write the password into it");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refused(
                $"{path} cannot be read: {e.Message.TrimEnd('.')}", "Make it, with mode 0600, and let the node's user own it", e);
        }
    }

    /// <summary>It may be mended while the node runs.</summary>
    private static StoreException Refused(string why, string remedy, Exception? cause = null) =>
        new($"Store.PasswordFile: {why}", remedy, cause) { IsAway = true };
}
