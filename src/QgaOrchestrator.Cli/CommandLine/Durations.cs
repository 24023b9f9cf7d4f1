using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;

namespace QgaOrchestrator.Cli.CommandLine;

/// <summary>Options that hold a duration: 10m, 1h30m, or hh:mm:ss[.fff].</summary>
internal static partial class Durations
{
    /// <exception cref="FormatException">It is none: what was given, and what is expected.</exception>
    public static TimeSpan Parse(string text) => TryParse(text) switch
    {
        { } time when time > TimeSpan.Zero => time,
        { } => throw new FormatException($"'{text}' is no time at all; more than 0 is expected, as in 10m or 00:10:00"),
        null => throw new FormatException($"'{text}' is not a duration, as in 10m or 00:10:00"),
    };

    /// <summary>Null: it is none.</summary>
    public static TimeSpan? TryParse(string text)
    {
        if (Clock().Match(text) is { Success: true, Groups: var clock })
            // More than 23 hours are hours: TimeSpan.Parse takes them for days.
            return new TimeSpan(Number(clock[1]), Number(clock[2]), Number(clock[3]), Number(clock[4]))
                + TimeSpan.FromTicks(Number(clock[5].Value.PadRight(7, '0')));
        if (text.Length == 0 || Units().Match(text) is not { Success: true, Groups: var units }) return null;
        return new TimeSpan(Number(units[1]), Number(units[2]), Number(units[3]), Number(units[4]))
            + TimeSpan.FromMilliseconds(Number(units[5]));
    }

    public static TimeSpan? ParseGiven(string? text) => text is null ? null : Parse(text);

    public static Option<string> Option(string name, string help)
    {
        var option = new Option<string>(name) { Description = help, HelpName = "TIME" };
        option.Validators.Add(result =>
        {
            try
            {
                if (result.Tokens is [var token])
                    Parse(token.Value);
            }
            catch (FormatException e)
            {
                result.AddError($"{name}: {e.Message}.");
            }
        });
        return option;
    }

    private static int Number(Group digits) => Number(digits.Value);

    private static int Number(string digits) =>
        digits.Length == 0 ? 0 : int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"^(?:([0-9]{1,6})\.)?([0-9]{1,6}):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,7}))?\z",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Clock();

    [GeneratedRegex(
        @"^(?:([0-9]{1,6})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?(?:([0-9]{1,6})ms)?\z",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Units();
}
