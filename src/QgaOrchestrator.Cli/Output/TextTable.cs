using System.Text;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Cli.Output;

/// <summary>Columns of text, two spaces apart. Where they do not fit, the widest is cut, with … at its end.</summary>
internal sealed class TextTable(params string[] header)
{
    public const int Unlimited = int.MaxValue;
    private const int Narrowest = 6;
    private readonly List<string[]> _rows = [header];

    /// <summary>Every row is as wide as the widest, so no cell is wider than this, in bytes.</summary>
    private const int Widest = 4096;

    public void Add(params string?[] cells) =>
        _rows.Add([.. cells.Select(cell => string.IsNullOrEmpty(cell) ? "-" : ForeignText.Message(cell, Widest))]);

    public void Write(TextWriter to, int width)
    {
        var widths = Enumerable.Range(0, header.Length).Select(column => _rows.Max(row => row[column].Length)).ToArray();
        while (widths.Sum() + 2 * (widths.Length - 1) > width && widths.Max() > Narrowest)
            widths[Array.IndexOf(widths, widths.Max())]--;
        foreach (var row in _rows)
        {
            var line = new StringBuilder();
            for (var column = 0; column < row.Length; column++)
                line.Append(Text.Fit(row[column], widths[column]).PadRight(widths[column] + 2));
            to.WriteLine(line.ToString().TrimEnd());
        }
    }
}
