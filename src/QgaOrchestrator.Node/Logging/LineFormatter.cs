using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Node.Logging;

/// <summary>One line a message: time in UTC, level, category, text, and an exception with its stack on the same line.</summary>
public sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "line";

    /// <summary>Bytes of a message, and of an exception.</summary>
    private const int Longest = 16 * 1024;

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

    /// <summary>Whoever wrote some of it, it is one line, and moves nobody's cursor.</summary>
    private static string OneLine(string text) => ForeignText.Message(text.ReplaceLineEndings(" \\ "), Longest);
}
