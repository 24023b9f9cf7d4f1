using System.Globalization;
using System.Text.RegularExpressions;

namespace QgaOrchestrator.Core;

/// <summary>
/// Durations as the contract writes them: <c>hh:mm:ss</c> with up to seven decimals. Hours may be more than 23, or stand behind
/// days, as in <c>30:00:00</c> or <c>1.06:00:00</c>. <see cref="TimeSpan.TryParse(string, out TimeSpan)"/> reads the first of
/// these as 30 days.
/// </summary>
public static partial class Duration
{
    /// <summary>False where the text is anything else; no text is too long for a <see cref="TimeSpan"/>.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (Shape().Match(text) is not { Success: true } match) return false;
        var hours = Number(match, "hours");
        if (match.Groups["days"].Success && hours > 23) return false;
        var fraction = match.Groups["fraction"].Value.PadRight(7, '0');
        duration = TimeSpan.FromDays((int)Number(match, "days"), (int)hours, Number(match, "minutes"), Number(match, "seconds"))
            + TimeSpan.FromTicks(long.Parse(fraction, NumberStyles.None, CultureInfo.InvariantCulture));
        return true;
    }

    /// <summary>The text as a duration in this range; null where it is none, or lies outside.</summary>
    public static TimeSpan? Within(string? text, TimeSpan least, TimeSpan most) =>
        text is not null && TryParse(text, out var duration) && duration >= least && duration <= most ? duration : null;

    /// <summary>That time later, or the end of all time: a stored duration may be of any length.</summary>
    public static DateTimeOffset After(DateTimeOffset at, TimeSpan duration) =>
        duration > DateTimeOffset.MaxValue - at ? DateTimeOffset.MaxValue : at + duration;

    private static long Number(Match match, string group) =>
        match.Groups[group] is { Success: true, Value: var digits }
            ? long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture)
            : 0;

    [GeneratedRegex(
        @"^(?:(?<days>[0-9]{1,6})\.)?(?<hours>[0-9]{1,6}):(?<minutes>[0-5][0-9]):(?<seconds>[0-5][0-9])"
            + @"(?:\.(?<fraction>[0-9]{1,7}))?\z",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Shape();
}
