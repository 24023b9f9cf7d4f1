using QgaOrchestrator.Api;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>What ended a command whose success an agent does not answer, for a reader.</summary>
internal static class Completion
{
    /// <summary>Null of any other command.</summary>
    public static string? Told(AgentCallReply reply) => reply.CompletedBy switch
    {
        null => null,
        "event" => $"QEMU told of it: {reply.Event}",
        "port" => "the agent has ended, or QEMU has",
        "timeout" => "it was sent and not refused, but nothing of it was seen in time: see qgactl vm show",
        var other => $"it ended by {other}",
    };
}
