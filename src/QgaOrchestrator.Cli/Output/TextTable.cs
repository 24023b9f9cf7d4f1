using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Cli.Output;

/// <summary>Columns of text, two spaces apart. Where they do not fit, the widest is cut, with … at its end.</summary>
internal sealed class TextTable(params string[] header)
{
    private const int Narrowest = 6, Gap = 2;

    /// <summary>Every row is as wide as the widest, so no cell is wider than this, in bytes.</summary>
    private const int Widest = 4096;

    private readonly List<Painted[]> _rows = [[.. header.Select(name => new Painted(name, Paint.Heading))]];

    public void Add(params Painted[] cells) =>
        _rows.Add([
            .. cells.Select(cell => cell.Text.Length == 0 ? new Painted("-", Paint.Faint)
                : new Painted(ForeignText.Message(cell.Text, Widest), cell.Paint)),
        ]);

    public void Write(Screen to)
    {
        var widths = Enumerable.Range(0, header.Length)
            .Select(column => _rows.Max(row => TextWidth.Of(row[column].Text))).ToArray();
        var over = widths.Sum(width => (long)width) + Gap * (widths.Length - 1) - to.Width;
        for (; over > 0 && widths.Max() > Narrowest; over--) widths[Array.IndexOf(widths, widths.Max())]--;
        foreach (var row in _rows) to.WriteLine(Line(row, widths));
    }

    /// <summary>Nothing stands behind the last text of a line.</summary>
    private static Painted[] Line(Painted[] row, int[] widths)
    {
        var last = Array.FindLastIndex(row, cell => cell.Text.Length > 0);
        return
        [
            .. row.Take(last + 1).SelectMany((cell, column) =>
            {
                var text = TextWidth.Fit(cell.Text, widths[column]);
                var space = column == last ? 0 : widths[column] - TextWidth.Of(text) + Gap;
                return (Painted[])[new(text, cell.Paint), new string(' ', space)];
            }),
        ];
    }
}
