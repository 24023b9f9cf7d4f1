using System.Globalization;
using System.Text;

namespace QgaOrchestrator.Cli.Output;

/// <summary>Amounts and sentences for people.</summary>
internal static class Text
{
    private static readonly string[] _units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>A clause as a sentence begins.</summary>
    public static string Sentence(string clause) => char.ToUpperInvariant(clause[0]) + clause[1..];

    public static string Bytes(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 1024 && unit < _units.Length - 1; unit++)
            value /= 1024;
        return value.ToString(unit == 0 || value >= 100 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + _units[unit];
    }

    public static string Milliseconds(double? ms) => ms switch
    {
        null => "-",
        < 100 => string.Create(CultureInfo.InvariantCulture, $"{ms:0} ms"),
        < 10_000 => string.Create(CultureInfo.InvariantCulture, $"{ms / 1000:0.00} s"),
        _ => Span(TimeSpan.FromMilliseconds(ms.Value)),
    };

    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => "1 s",
        { TotalMinutes: < 1 } => $"{span.Seconds} s",
        { TotalHours: < 1 } => $"{span.Minutes} min {span.Seconds:00} s",
        _ => $"{(int)span.TotalHours} h {span.Minutes:00} min",
    };

    public static string Time(DateTimeOffset? at) => at is { } time
        ? time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
        : "-";

    public static string Count(long count, string one, string? several = null) =>
        $"{count} {(count == 1 ? one : several ?? one + "s")}";

    /// <summary>Lines of at most this width, broken between words; later ones indented.</summary>
    public static IEnumerable<string> Wrap(string text, int width, string indent)
    {
        var line = new StringBuilder();
        var taken = 0;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var wide = TextWidth.Of(word);
            if (line.Length > 0 && taken + 1 + wide > width)
            {
                yield return line.ToString();
                line.Clear().Append(indent);
                taken = TextWidth.Of(indent);
            }
            else if (line.Length > 0)
            {
                line.Append(' ');
                taken++;
            }
            line.Append(word);
            taken += wide;
        }
        yield return line.ToString();
    }

    public static string Bar(double part, int width)
    {
        var done = (int)Math.Round(Math.Clamp(part, 0, 1) * width);
        return $"[{new string('#', done)}{new string('.', width - done)}]";
    }
}
