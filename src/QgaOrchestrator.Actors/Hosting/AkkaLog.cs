using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Dispatch;
using Akka.Event;
using DotNetty.Handlers.Tls;
using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Membership;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>Where Akka's own log goes: the node's, with its time and level instead of a second one in the text.</summary>
/// <param name="refusals">Takes failed handshakes; null: Akka's port speaks no TLS.</param>
internal sealed class AkkaLogSetup(ILoggerFactory loggers, RefusalLog? refusals) : Setup
{
    public ILoggerFactory Loggers { get; } = loggers;

    public RefusalLog? Refusals { get; } = refusals;
}

/// <summary>The actor that Akka hands its log to; made by Akka, from its type's name.</summary>
internal sealed partial class AkkaLog : ReceiveActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private readonly ILoggerFactory _loggers = Context.System.Settings.Setup.Get<AkkaLogSetup>().Value.Loggers;

    private readonly RefusalLog? _refusals = Context.System.Settings.Setup.Get<AkkaLogSetup>().Value.Refusals;

    public AkkaLog()
    {
        Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
        Receive<LogEvent>(Write);
    }

    /// <summary>The least that Akka hands over.</summary>
    public static Akka.Event.LogLevel LevelOf(LogLevel least) => least switch
    {
        >= LogLevel.Error => Akka.Event.LogLevel.ErrorLevel,
        LogLevel.Warning => Akka.Event.LogLevel.WarningLevel,
        LogLevel.Information => Akka.Event.LogLevel.InfoLevel,
        _ => Akka.Event.LogLevel.DebugLevel,
    };

    private void Write(LogEvent entry)
    {
        if (_refusals is not null && entry.LogClass.Name is "TcpServerHandler" or "TcpClientHandler"
            && entry.Message.ToString() is { } said
            && (said.Contains("TLS", StringComparison.Ordinal) || entry.Cause is NotSslRecordException))
        {
            // Akka tells of each at length, and of each of these once more.
            if (!said.StartsWith("Rejected", StringComparison.Ordinal))
                _refusals.Refused("handshake", "A connection to Akka's port", Reason(said));
            return;
        }
        // Actors of ours tell what an operator wants to know; Akka's own only when something is wrong.
        var log = _loggers.CreateLogger(
            entry.LogClass.Namespace?.StartsWith(nameof(QgaOrchestrator), StringComparison.Ordinal) == true
                ? entry.LogClass.FullName!
                : "Akka." + entry.LogClass.Name
        );
        var level = Level(entry);
        if (!log.IsEnabled(level)) return;
        var text = entry.Message.ToString();
        Forward(log, level, text, entry.Cause);
    }

    private static string Reason(string said) =>
        said.Split('\n', 4) is [var where, _, var why, ..] ? $"{where.Trim()}: {why.Trim()}" : said;

    private static LogLevel Level(LogEvent entry) => entry.LogLevel() switch
    {
        Akka.Event.LogLevel.ErrorLevel => LogLevel.Error,
        Akka.Event.LogLevel.WarningLevel => LogLevel.Warning,
        Akka.Event.LogLevel.InfoLevel => LogLevel.Information,
        _ => LogLevel.Debug,
    };

    [LoggerMessage(Message = "{Text}")]
    private static partial void Forward(ILogger log, LogLevel level, string? text, Exception? cause);
}
