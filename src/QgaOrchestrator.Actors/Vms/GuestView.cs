using Akka.Actor;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>What the guest told of itself when its agent was last found.</summary>
internal sealed record GuestView : INoSerializationVerificationNeeded
{
    /// <summary>Null until the agent has been asked.</summary>
    public Moment? At { get; init; }

    public AgentInfo? Info { get; init; }

    public GuestInventory? Inventory { get; init; }

    /// <summary>fsfreeze-status said frozen, with no window of ours open.</summary>
    public bool FoundFrozen { get; init; }

    /// <summary>Asks the guest, one command after the other, through its channel. Whatever it does not offer stays unknown.</summary>
    public static async Task<GuestView> AskAsync(IActorRef channel, TimeProvider time)
    {
        var info = await CallAsync(GuestInfo.Request, GuestInfo.Read);
        var status = await CallAsync(GuestFsfreezeStatus.Request, GuestFsfreezeStatus.Read);
        var frozen = status == FreezeStatus.Frozen;
        var os = frozen ? null : await CallAsync(GuestGetOsinfo.Request, GuestGetOsinfo.Read);
        var name = frozen ? null : await CallAsync(GuestGetHostName.Request, GuestGetHostName.Read);
        var interfaces = frozen ? null : await CallAsync(GuestNetworkGetInterfaces.Request, GuestNetworkGetInterfaces.Read);
        var fileSystems = frozen ? null : await CallAsync(GuestGetFsinfo.Request, GuestGetFsinfo.Read);
        return new GuestView
        {
            At = time.Moment(),
            Info = info,
            FoundFrozen = frozen,
            Inventory = new GuestInventory(
                name?.HostName,
                os?.PrettyName ?? os?.Name,
                os?.Id,
                os?.KernelRelease,
                interfaces?.SelectMany(i => i.IpAddresses ?? []).Select(a => a.IpAddress).Where(a => a is not ("127.0.0.1" or "::1")).ToList() ?? [],
                fileSystems?.Select(f => f.Mountpoint).ToList() ?? []),
        };

        async Task<T?> CallAsync<T>(AgentRequest request, Func<ReadOnlyMemory<byte>, T> read)
        {
            var ended = await channel.Ask<CallEnded>(new Submit(request, TimeSpan.FromSeconds(5)), TimeSpan.FromSeconds(30));
            return ended.Outcome is AgentOutcome.Returned r ? read(r.Json) : default;
        }
    }
}
