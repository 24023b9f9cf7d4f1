using Microsoft.Extensions.Logging.Console;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Node.Logging;

/// <summary>
/// Hands each event to the console as plain text on one line, its exception included. Text of a guest or a caller can neither
/// forge a line nor move a terminal's cursor.
/// </summary>
internal sealed class SafeLines(ConsoleLoggerProvider console) : ILoggerProvider
{
    /// <summary>Bytes of a message, and of an exception.</summary>
    private const int Longest = 16 * 1024;

    public ILogger CreateLogger(string categoryName) =>
        new Logger(console.CreateLogger(categoryName[(categoryName.LastIndexOf('.') + 1)..]));

    /// <summary>The container disposes the console.</summary>
    public void Dispose()
    {
    }

    private static string OneLine(string text) => ForeignText.Message(text.ReplaceLineEndings(" \\ "), Longest);

    private sealed class Logger(ILogger line) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => line.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var text = OneLine(formatter(state, exception));
            if (exception is not null) text += " | " + OneLine(exception.ToString());
            line.Log(logLevel, default, text, null, static (said, _) => said);
        }
    }
}
