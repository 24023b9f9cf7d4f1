using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace QgaOrchestrator.Node.Logging;

/// <summary>One line a message: time in UTC, level, category, text, and an exception with its stack on the same line.</summary>
public sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "line";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        textWriter.Write(Level(logEntry.LogLevel));
        textWriter.Write(Short(logEntry.Category));
        textWriter.Write(": ");
        textWriter.Write(OneLine(logEntry.Formatter(logEntry.State, logEntry.Exception)));
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write(" | ");
            textWriter.Write(OneLine(exception.ToString()));
        }
        textWriter.Write('\n');
    }

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Critical => " CRIT  ",
        LogLevel.Error => " ERROR ",
        LogLevel.Warning => " WARN  ",
        LogLevel.Information => " INFO  ",
        _ => " DEBUG ",
    };

    private static string Short(string category) => category[(category.LastIndexOf('.') + 1)..];

    private static string OneLine(string text) =>
        text.Contains('\n', StringComparison.Ordinal)
            ? text.ReplaceLineEndings(" \\ ")
            : text;
}
