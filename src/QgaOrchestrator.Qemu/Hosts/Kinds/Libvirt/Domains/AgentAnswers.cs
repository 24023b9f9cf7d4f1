using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>What libvirt's answer to an agent's command says of the command.</summary>
internal static class AgentAnswers
{
    /// <summary>What to do where another client of libvirt's has the agent.</summary>
    public const string EndOthers =
        "End what else asks the agent through libvirt; else restart qemu-ga in the guest, and then libvirt's daemon (guests keep "
        + "running)";

    /// <summary>An error of the agent's has lost its class on its way through libvirt.</summary>
    public static AgentOutcome Of(AgentRequest request, RpcOutcome outcome) => outcome switch
    {
        RpcOutcome.Returned returned => Reply(request, returned.Body),
        RpcOutcome.NotSent notSent => new AgentOutcome.NotSent(notSent.Reason),
        RpcOutcome.Unknown unknown => new AgentOutcome.Unknown(unknown.Reason)
        {
            // A lost daemon says nothing of the guest.
            By = unknown.Late is null ? WaitEnd.Other : WaitEnd.TimedOut,
        },
        RpcOutcome.Failed failed => Error(request, failed.Error),
        _ => throw new InvalidOperationException("no other outcome exists"),
    };

    private static AgentOutcome Reply(AgentRequest request, ReadOnlyMemory<byte> body)
    {
        var reader = new XdrReader(body.Span);
        var reply = reader.IsThere() ? AgentReply.Parse(reader.Bytes().ToArray(), withWords: request.Holder is null) : null;
        if (request.Holder is not null) body.Erase();
        return reply switch
        {
            null => new AgentOutcome.Unknown("libvirt passed on a reply that is none"),
            _ when request.Holder is not null => WithheldReply.Of(request, reply),
            _ => reply.ToOutcome(),
        };
    }

    private static AgentOutcome Error(AgentRequest request, RpcError error)
    {
        switch (error.Code)
        {
            // libvirt looks before it sends; any other text of the code may stand for a time-out behind the sending.
            case RpcErrorCode.AgentUnresponsive when error.Message.Contains("is not connected", StringComparison.Ordinal):
                return new AgentOutcome.NotSent("no agent runs in the guest (libvirt: not connected)");
            case RpcErrorCode.AgentUnresponsive when error.Message.Contains("due to an error", StringComparison.Ordinal):
                return new AgentOutcome.NotSent("libvirt has given up this domain's agent after an error")
                {
                    Remedy = "Restart libvirt's daemon (guests keep running), or qemu-ga in the guest",
                };
            case RpcErrorCode.AgentUnresponsive:
                return new AgentOutcome.Unknown(error.ToString())
                {
                    By = error.Message.Contains("disappeared", StringComparison.Ordinal) ? WaitEnd.LinkLost : WaitEnd.TimedOut,
                };
            case RpcErrorCode.OperationTimeout:
                return new AgentOutcome.NotSent($"another client of libvirt's holds the agent: {error.Message}")
                {
                    Remedy = EndOthers,
                };
            case RpcErrorCode.OperationInvalid or RpcErrorCode.NoDomain or RpcErrorCode.ArgumentUnsupported
                or RpcErrorCode.InvalidArgument or RpcErrorCode.AccessDenied:
                return new AgentOutcome.NotSent(error.Message);
            case RpcErrorCode.Internal when Words(request, error) is { } words:
                return new AgentOutcome.Refused(new(null, request.Holder is null ? words : WithheldReply.Words));
            case RpcErrorCode.Rpc:
                var lost = "the reply was larger than the 4 MiB that pass through libvirt, and is lost";
                return new AgentOutcome.Unknown(request.Command == GuestExecStatus.Name
                    ? $"{lost}: let the process write to a file, as vm exec --stream does"
                    : lost);
            default:
                return new AgentOutcome.Unknown(request.Holder is null ? error.ToString() : WithheldReply.Words);
        }
    }

    /// <summary>The agent's own words, which libvirt puts behind the command's name; null: it is no error of the
    /// agent's.</summary>
    private static string? Words(AgentRequest request, RpcError error)
    {
        var named = $"'{request.Command}': ";
        var at = error.Message.IndexOf(named, StringComparison.Ordinal);
        return at < 0 ? null : error.Message[(at + named.Length)..];
    }
}
