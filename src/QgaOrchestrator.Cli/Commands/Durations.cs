using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>Options that hold a duration, hh:mm:ss[.fff].</summary>
internal static partial class Durations
{
    /// <exception cref="FormatException">It is none: what was given, and what is expected.</exception>
    public static TimeSpan Parse(string text)
    {
        if (Shape().Match(text) is not { Success: true, Groups: var parts })
            throw new FormatException($"'{text}' is not a duration hh:mm:ss, as in 00:05:00");
        // More than 23 hours are hours: TimeSpan.Parse takes them for days.
        var time = new TimeSpan(Number(parts[1].Value), Number(parts[2].Value), Number(parts[3].Value), Number(parts[4].Value))
            + TimeSpan.FromTicks(Number(parts[5].Value.PadRight(7, '0')));
        return time > TimeSpan.Zero
            ? time
            : throw new FormatException($"'{text}' is no time at all; more than 00:00:00 is expected, as in 00:05:00");
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
                    RunOption.Duration(token.Value);
            }
            catch (FormatException e)
            {
                result.AddError($"{name}: {e.Message}.");
            }
        });
        return option;
    }

    private static int Number(string digits) =>
        digits.Length == 0 ? 0 : int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"^(?:([0-9]{1,6})\.)?([0-9]{1,6}):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,7}))?\z",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Shape();
}
