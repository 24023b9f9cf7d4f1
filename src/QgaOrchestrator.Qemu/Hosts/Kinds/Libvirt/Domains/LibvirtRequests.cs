using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>An agent's commands as libvirt carries them.</summary>
internal static class LibvirtRequests
{
    /// <summary>What of a file fits into a reply's 4 MiB, as base64 and with the JSON around it.</summary>
    private const int LongestRead = 3_000_000;

    /// <summary>They settle a thaw, and go in front of all others.</summary>
    public static bool IsOfThaw(AgentRequest request) =>
        request.Command is GuestFsfreezeThaw.Name or GuestFsfreezeStatus.Name;

    /// <summary>Why this command must not be passed on; null: it may.</summary>
    public static string? Objection(AgentRequest request, LibvirtPlace place) => request.Command switch
    {
        _ when AgentBytes.Objection(request) is { } objection => objection,
        GuestSync.Name or GuestSyncDelimited.Name =>
            "libvirt syncs with the agent itself, and would give up the domain's agent over another's sync",
        GuestFileRead.Name when GuestFileRead.Spec.LargestReplyTo(request.Arguments) > RpcMessage.LongestText =>
            $"a reply through libvirt holds at most 4 MiB: read at most {LongestRead} bytes at once",
        GuestFsfreezeFreeze.Name or GuestFsfreezeFreezeList.Name when place.LastResort && !File.Exists(place.Channel) =>
            $"this node could not thaw the guest without libvirt's daemon: it may not reach {place.Channel}. Run it as root, or "
            + "set \"LastResort\": false for this source and take that risk",
        _ when request.Arguments.Length > RpcMessage.LongestText - 1024 => "a command through libvirt holds at most 4 MiB",
        _ => null,
    };

    /// <param name="timeout">For the daemon, whole seconds: ours may end before.</param>
    public static RpcCall Call(RpcDomain domain, AgentRequest request, TimeSpan timeout)
    {
        var isSecret = request.Holder is not null;
        var command = AgentBytes.Of(request);
        var arguments = domain.Write(new XdrWriter(isSecret)).Text(command)
            .Int((int)Math.Clamp(Math.Ceiling(timeout.TotalSeconds), 1, 86400)).UInt(0);
        if (isSecret) ((ReadOnlyMemory<byte>)command).Erase();
        return RpcCall.Of(QemuProcedure.DomainAgentCommand, arguments, isSecret);
    }
}
