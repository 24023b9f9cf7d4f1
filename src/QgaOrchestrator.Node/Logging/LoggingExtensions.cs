using Microsoft.Extensions.Logging.Console;

namespace QgaOrchestrator.Node.Logging;

/// <summary>
/// Where the node's log goes: standard output, a line a message. While nobody reads it lines are dropped, and counted: a full
/// pipe must not hold up the thread that keeps the leases.
/// </summary>
public static class LoggingExtensions
{
    public static void AddLineLogging(this WebApplicationBuilder builder)
    {
        builder.Logging
            .AddConsole(console =>
            {
                console.FormatterName = LineFormatter.FormatterName;
                console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
            })
            .AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>()
            .SetMinimumLevel(LogLevel.Information)
            // Requests, connections, an actor system's inner life: of no use to an operator, and paths name VMs and commands.
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Akka", LogLevel.Warning);
    }
}
