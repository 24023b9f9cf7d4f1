using System.Text;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Cli.Output;

/// <summary>
/// The one way to standard output and standard error for words: what is in them may be a guest's, so whatever moves a
/// terminal's cursor, or turns the direction of text, does not get through, and a line that is written is one line. Bytes that
/// are asked for as they are go by <c>CliHost.Write</c>.
/// </summary>
internal sealed class PlainWriter : TextWriter
{
    private readonly TextWriter _to;
    private readonly bool _manyLines;

    private PlainWriter(TextWriter to, bool manyLines) : base(to.FormatProvider) => (_to, _manyLines) = (to, manyLines);

    public override Encoding Encoding => _to.Encoding;

    public static TextWriter Over(TextWriter to) => to as PlainWriter ?? new PlainWriter(to, manyLines: false);

    /// <summary>For the parser of command lines, which writes help and completions as one text of many lines.</summary>
    public static TextWriter OfManyLines(TextWriter to) => new PlainWriter(Under(to), manyLines: true);

    /// <summary>For sequences of our own, which redraw a terminal.</summary>
    public static TextWriter Under(TextWriter to) => to is PlainWriter plain ? plain._to : to;

    /// <summary>One line, whatever is in it.</summary>
    public override void WriteLine(string? value)
    {
        if (_manyLines) Write(value + _to.NewLine);
        else _to.WriteLine(ForeignText.Line(value ?? ""));
    }

    public override void WriteLine() => _to.WriteLine();

    /// <summary>Lines of ours, whose texts are none of a guest's, or are escaped.</summary>
    public override void Write(string? value)
    {
        if (value is null) return;
        var first = true;
        foreach (var line in value.AsSpan().Split('\n'))
        {
            if (!first) _to.Write('\n');
            first = false;
            _to.Write(ForeignText.Line(value[line]));
        }
    }

    public override void Write(char value) => Write(value.ToString());

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

    public override void Flush() => _to.Flush();
}
