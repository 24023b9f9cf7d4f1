namespace QgaOrchestrator.Node.Options;

/// <summary>Finds the known name that a misspelt one probably means.</summary>
public static class Spelling
{
    /// <summary>Two letters may differ, or one in a short name: more is another word.</summary>
    private const int Most = 2, Short = 4;

    /// <summary>The nearest known name in any case; null: none is near.</summary>
    public static string? Nearest(string name, IEnumerable<string> known) => known
        .Select(other => (Name: other, Distance: Distance(name.ToUpperInvariant(), other.ToUpperInvariant())))
        .Where(other => other.Distance <= Math.Min(Most, name.Length / Short + 1))
        .OrderBy(other => other.Distance).ThenBy(other => other.Name, StringComparer.Ordinal)
        .Select(other => other.Name).FirstOrDefault();

    /// <summary>How many letters are added, missing, changed, or swapped with their neighbour.</summary>
    private static int Distance(string from, string to)
    {
        var far = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            for (var j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    far[i, j] = i + j;
                    continue;
                }
                var same = from[i - 1] == to[j - 1] ? 0 : 1;
                far[i, j] = Math.Min(far[i - 1, j - 1] + same, Math.Min(far[i - 1, j], far[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    far[i, j] = Math.Min(far[i, j], far[i - 2, j - 2] + 1);
            }
        }
        return far[from.Length, to.Length];
    }
}
