using System.CommandLine;
using System.Globalization;

namespace QgaOrchestrator.Cli.CommandLine;

/// <summary>Options that are an instant: a date, or a date with a time; without a zone it is UTC.</summary>
internal static class TimeOption
{
    public static Option<DateTimeOffset?> Of(string name, string help) => Of(name, help, _ => null, "2027-01-31T18:00:00Z");

    /// <summary>An instant of the past. It may also be given as how long ago it was: 2h, 7d.</summary>
    public static Option<DateTimeOffset?> Since(string help, TimeProvider time) =>
        Of("--since", help, text => Durations.TryParse(text) is { } ago ? time.GetUtcNow() - ago : null, "2h");

    private static Option<DateTimeOffset?> Of(string name, string help, Func<string, DateTimeOffset?> also, string example) =>
        new(name)
        {
            Description = help,
            HelpName = "TIME",
            CustomParser = result =>
            {
                var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
                if (also(text) is { } other) return other;
                // A time of day alone would be read as today's, whatever was meant.
                if (
                    text.Contains('-')
                    && DateTimeOffset.TryParse(
                        text,
                        CultureInfo.InvariantCulture,
                        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                        out var at
                    )
                )
                    return at;
                result.AddError($"{name}: '{text}' is not a time, as in 2027-01-31 or {example}.");
                return null;
            },
        };
}
