using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using QgaOrchestrator.Node.Logging;

namespace QgaOrchestrator.Node.Tests.Logging;

public sealed class LineFormatterTests
{
    [Fact]
    public void Whatever_a_guest_says_is_one_line_of_the_log_and_moves_no_cursor()
    {
        using var log = new StringWriter();
        var said = $"db1: a\u001b[2J\r\n2026-01-01T00:00:00.000Z CRIT  forged\u202e\u2028{new string('x', 1 << 20)}";
        new LineFormatter(new ManualTime()).Write(
            new LogEntry<string>(LogLevel.Warning, "A.B", 0, said, new InvalidOperationException(said), (state, _) => state),
            null,
            log
        );
        var line = log.ToString();
        Assert.EndsWith("\n", line, StringComparison.Ordinal);
        Assert.DoesNotContain(line[..^1], c => char.IsControl(c) || c is '\u202e' or '\u2028');
        Assert.Contains("WARN  B: db1: a\uFFFD[2J \\ 2026", line, StringComparison.Ordinal);
        Assert.InRange(line.Length, 1000, 40_000);
    }
}
