namespace QgaOrchestrator.Qemu.Files;

/// <summary>A path with its symbolic links followed, as far as it exists.</summary>
internal static class RealPath
{
    /// <summary>As the kernel does (ELOOP).</summary>
    private const int MostLinks = 40;

    public static string Of(string path) => Of("/", path);

    /// <param name="real">Has none: what is behind it is looked at.</param>
    /// <param name="below">The rest.</param>
    public static string Of(string real, string below)
    {
        var left = new Stack<string>(below.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        for (var links = 0; left.TryPop(out var part);)
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? "/";
                continue;
            }
            if (part == ".") continue;
            var next = Path.Combine(real, part);
            if (Target(next) is not { } target || ++links > MostLinks)
            {
                real = next;
                continue;
            }
            if (Path.IsPathRooted(target)) real = "/";
            foreach (var piece in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse()) left.Push(piece);
        }
        return real;
    }

    private static string? Target(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
