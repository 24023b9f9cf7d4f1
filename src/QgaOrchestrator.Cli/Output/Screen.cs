using System.Globalization;
using System.Text;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Cli.Output;

/// <summary>
/// Where words for people go. A terminal has a width, colours, and the time zone of the person in front of it. Anything else
/// gets whole lines without colours, and times in UTC.
/// </summary>
internal sealed record Screen(TextWriter Out)
{
    /// <summary>The reader of a pipe wants whole words.</summary>
    public const int Unlimited = int.MaxValue;

    public int Width { get; init; } = Unlimited;

    public bool Colour { get; init; }

    /// <summary>Null: UTC.</summary>
    public TimeZoneInfo? Zone { get; init; }

    public void WriteLine() => Out.WriteLine();

    public void WriteLine(string line) => Out.WriteLine(line);

    /// <summary>One line of several parts. Whatever is in them, the only sequences that reach the terminal are our
    /// colours.</summary>
    public void WriteLine(params ReadOnlySpan<Painted> parts)
    {
        var line = new StringBuilder();
        foreach (var part in parts)
            line.Append(Colour ? Sequence(part.Paint, ForeignText.Line(part.Text)) : part.Text);
        if (Colour) PlainWriter.Under(Out).WriteLine(line.ToString());
        else Out.WriteLine(line.ToString());
    }

    /// <summary>An instant, with its zone.</summary>
    public string Time(DateTimeOffset? at) => (at, Zone) switch
    {
        (null, _) => "-",
        ({ } time, null) => Text.Time(time),
        ({ } time, { } zone) =>
            TimeZoneInfo.ConvertTime(time, zone).ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture),
    };

    private static string Sequence(Paint paint, string text) => paint switch
    {
        Paint.None => text,
        _ when text.Length == 0 => text,
        _ => string.Create(CultureInfo.InvariantCulture, $"\e[{(int)paint}m{text}\e[0m"),
    };
}

/// <summary>Colours that each terminal has; the numbers are those of its sequences.</summary>
internal enum Paint
{
    None = 0,
    Heading = 1,
    Faint = 2,
    Bad = 31,
    Good = 32,
    Warning = 33,
    Active = 36,
}

/// <summary>A text and how it looks where there are colours.</summary>
internal readonly record struct Painted(string Text, Paint Paint = Paint.None)
{
    public static implicit operator Painted(string? text) => new(text ?? "");

    /// <summary>A state of a run, an item or an agent, which says how good it is.</summary>
    public static Painted State(string state) => new(state, state switch
    {
        "succeeded" or "ready" or "done" => Paint.Good,
        "failed" or "unknown" or "unreachable" or "invalid" or "missing" or "quarantined" or "aborted" => Paint.Bad,
        "partial" or "paused" or "cancelled" or "absent" or "busy" => Paint.Warning,
        "running" or "connecting" or "aborting" or "pausing" => Paint.Active,
        _ => Paint.None,
    });
}
