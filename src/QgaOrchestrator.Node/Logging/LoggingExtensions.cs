using Microsoft.Extensions.Logging.Console;

namespace QgaOrchestrator.Node.Logging;

/// <summary>Where the node's log goes: standard output, a line a message.</summary>
public static class LoggingExtensions
{
    public static void AddLineLogging(this WebApplicationBuilder builder)
    {
        builder.Logging
            .AddConsole(console => console.FormatterName = LineFormatter.FormatterName)
            .AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>()
            .SetMinimumLevel(LogLevel.Information)
            // Requests, connections, an actor system's inner life: of no use to an operator, and paths name VMs and commands.
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Akka", LogLevel.Warning);
    }
}
