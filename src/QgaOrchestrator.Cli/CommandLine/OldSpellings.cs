namespace QgaOrchestrator.Cli.CommandLine;

/// <summary>Command lines of earlier versions that are spelled otherwise now. They keep working for now. Old options are hidden
/// options of their commands.</summary>
internal static class OldSpellings
{
    private static readonly string[] _keyActions = ["list", "add", "remove", "replace"];

    /// <summary><c>vm ssh-keys VM USER ACTION</c> is <c>vm ssh-keys ACTION VM USER</c>.</summary>
    public static IReadOnlyList<string> Replaced(IReadOnlyList<string> words)
    {
        var keys = -1;
        for (var i = 0; i + 1 < words.Count && keys < 0; i++)
            if (words[i] == "vm" && words[i + 1] == "ssh-keys") keys = i + 1;
        if (keys < 0 || words.ElementAtOrDefault(keys + 1) is { } first && _keyActions.Contains(first)) return words;
        for (var i = keys + 2; i < words.Count; i++)
            if (_keyActions.Contains(words[i]) && words[i - 1] is not ("--keys" or "--select" or "-s"))
                return [.. words.Take(keys + 1), words[i], .. words.Skip(keys + 1).Where((_, at) => at != i - keys - 1)];
        return words;
    }
}
