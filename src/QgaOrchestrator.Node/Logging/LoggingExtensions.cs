using Microsoft.Extensions.Logging.Console;

namespace QgaOrchestrator.Node.Logging;

/// <summary>
/// The node's log goes to standard output, one line an event, coloured on a terminal. While nobody reads it, lines are dropped
/// and counted: a full pipe must not block the thread that keeps the leases.
/// </summary>
public static class LoggingExtensions
{
    /// <param name="least">What is below it is not logged.</param>
    public static void AddLineLogging(this WebApplicationBuilder builder, LogLevel least)
    {
        // Requests, connections and the actor system's internals do not help an operator, and paths name VMs and commands: they
        // are there for who asks for more than the usual.
        var foreign = least < LogLevel.Information ? least : (LogLevel)Math.Max((int)least, (int)LogLevel.Warning);
        builder.Logging
            .AddSimpleConsole(line =>
            {
                line.SingleLine = true;
                line.UseUtcTimestamp = true;
                line.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            })
            .ClearProviders() // the console is reached through SafeLines alone
            .SetMinimumLevel(least)
            .AddFilter("Microsoft", foreign)
            .AddFilter("Akka", foreign);
        builder.Services
            .Configure<ConsoleLoggerOptions>(console =>
            {
                console.FormatterName = ConsoleFormatterNames.Simple;
                console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
            })
            .AddSingleton<ConsoleLoggerProvider>()
            .AddSingleton<ILoggerProvider, SafeLines>();
    }
}
