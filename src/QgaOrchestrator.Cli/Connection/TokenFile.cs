using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Connection;

internal static class TokenFile
{
    /// <summary>The token, its first line; null where there is no file to read it from.</summary>
    public static string? Read(string? path)
    {
        if (path is null)
            return null;
        try
        {
            return File.ReadLines(path).FirstOrDefault()?.Trim() is { Length: > 0 } token
                ? token
                : throw new UsageException($"The token file {path} is empty.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException(
                $"There is no token file {path}.", "The node writes it at its first start; name another by --token-file FILE.");
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new UsageException(
                $"The token file {path} cannot be read: {e.Message}",
                "Run as the node's user, or name a token of yours by --token-file FILE."
            );
        }
    }
}
