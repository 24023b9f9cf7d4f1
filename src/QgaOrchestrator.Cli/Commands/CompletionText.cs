using QgaOrchestrator.Api;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>What ended a command whose success an agent does not answer, for a reader.</summary>
internal static class CompletionText
{
    /// <summary>Null of any other command.</summary>
    public static string? Of(AgentCallReply reply) => reply.CompletedBy switch
    {
        null => null,
        "event" => $"QEMU reported {reply.Event}",
        "port" => "the agent or QEMU has ended",
        "timeout" => "the command was sent and not refused, but its effect was not seen in time: see qgactl vm show",
        var other => $"it ended by {other}",
    };
}
