using System.Globalization;
using System.Text;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Cli.Output;

/// <summary>Lines at the foot of a terminal that are drawn over and over, by four ANSI sequences that every terminal
/// knows.</summary>
internal sealed class LiveScreen(TextWriter terminal) : IDisposable
{
    private const string HideCursor = "\e[?25l";
    private const string ShowCursor = "\e[?25h";
    private const string ClearLine = "\e[2K";
    private const string ClearBelow = "\e[J";
    private readonly TextWriter _terminal = PlainWriter.Under(terminal);
    private int _drawn;

    public void Draw(IReadOnlyList<string> lines)
    {
        var frame = new StringBuilder(HideCursor).Append(Up());
        foreach (var line in lines)
            frame.Append(ClearLine).Append(ForeignText.Line(line)).Append('\n');
        _terminal.Write(frame.Append(ClearBelow).ToString());
        _terminal.Flush();
        _drawn = lines.Count;
    }

    /// <summary>Takes the lines away, so that what follows stands in their place.</summary>
    public void Dispose()
    {
        _terminal.Write(Up() + ClearBelow + ShowCursor);
        _terminal.Flush();
        _drawn = 0;
    }

    private string Up() => _drawn == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"\e[{_drawn}A\r");
}
