using Microsoft.Extensions.Logging.Console;

namespace QgaOrchestrator.Node.Logging;

/// <summary>
/// The node's log goes to standard output, one line an event, coloured on a terminal. While nobody reads it, lines are dropped
/// and counted: a full pipe must not block the thread that keeps the leases.
/// </summary>
public static class LoggingExtensions
{
    public static void AddLineLogging(this WebApplicationBuilder builder)
    {
        builder.Logging
            .AddSimpleConsole(line =>
            {
                line.SingleLine = true;
                line.UseUtcTimestamp = true;
                line.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            })
            .ClearProviders() // the console is reached through SafeLines alone
            .SetMinimumLevel(LogLevel.Information)
            // Requests, connections and the actor system's internals do not help an operator, and paths name VMs and commands.
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Akka", LogLevel.Warning);
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
