namespace QgaOrchestrator.Cli.CommandLine;

/// <summary>The words that somebody may have meant who typed another.</summary>
internal static class NearWords
{
    private const int MostShown = 3;

    /// <summary>"Did you mean x?"; null where nothing is near.</summary>
    public static string? Question(string word, IEnumerable<string> known)
    {
        var near = known
            .Distinct()
            .Select(name => (Name: name, Distance: Distance(word, name)))
            .Where(name => name.Distance <= Math.Max(1, Math.Min(word.Length, name.Name.Length) / 3) || IsBegun(word, name.Name))
            .OrderBy(name => name.Distance)
            .ThenBy(name => name.Name, StringComparer.Ordinal)
            .Select(name => name.Name)
            .Take(MostShown)
            .ToList();
        return near.Count == 0 ? null : $"Did you mean {string.Join(" or ", near)}?";
    }

    private static bool IsBegun(string word, string name) =>
        word.TrimStart('-').Length > 1 && name.StartsWith(word, StringComparison.OrdinalIgnoreCase);

    /// <summary>How many letters are to be added, removed, replaced, or swapped with their neighbour.</summary>
    private static int Distance(string from, string to)
    {
        var cost = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++) cost[i, 0] = i;
        for (var j = 0; j <= to.Length; j++) cost[0, j] = j;
        for (var i = 1; i <= from.Length; i++)
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = cost[i - 1, j - 1] + (IsSame(from[i - 1], to[j - 1]) ? 0 : 1);
                cost[i, j] = Math.Min(replaced, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && IsSame(from[i - 1], to[j - 2]) && IsSame(from[i - 2], to[j - 1]))
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        return cost[from.Length, to.Length];
    }

    private static bool IsSame(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
