using System.CommandLine;
using System.Globalization;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>An option that is an instant: a date, or a date with a time; without a zone it is UTC.</summary>
internal static class TimeOption
{
    public static Option<DateTimeOffset?> Of(string name, string help) => new(name)
    {
        Description = help,
        HelpName = "TIME",
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
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
            result.AddError($"{name}: '{text}' is not a time, as in 2027-01-31 or 2027-01-31T18:00:00Z.");
            return null;
        },
    };
}
