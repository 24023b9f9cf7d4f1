using System.CommandLine;
using System.Globalization;

namespace QgaOrchestrator.Cli.CommandLine;

/// <summary>Options that narrow a list.</summary>
internal static class ListFilters
{
    /// <summary>One or several words of those that are known, separated by commas.</summary>
    public static Option<string> Words(string name, string shape, string help, params string[] known)
    {
        var option = new Option<string>(name) { Description = $"{help}: {string.Join(", ", known)}", HelpName = shape };
        option.CompletionSources.Add(known);
        option.Validators.Add(result =>
        {
            foreach (var word in result.Tokens.SelectMany(token => token.Value.Split(',')).Where(word => !known.Contains(word)))
                result.AddError(
                    $"{name}: there is no '{word}'. {NearWords.Question(word, known) ?? $"Use {string.Join(", ", known)}."}");
        });
        return option;
    }

    /// <summary>Whether a word is one of those given; any is where none was given.</summary>
    public static bool Has(string? given, string word) => given is null || given.Split(',').Contains(word);

    /// <summary>At most so many of a list; without a default, all.</summary>
    public static Option<int?> Limit(string help, int? usual = null) => new("--limit")
    {
        Description = help + (usual is null ? "" : $" (default: {usual})"),
        HelpName = "N",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0)
                return count;
            result.AddError($"--limit: '{text}' is not a number from 1 on.");
            return null;
        },
    };
}
