using System.Collections.ObjectModel;
using Akka.Actor;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>What the guest reported about itself when its agent was last found.</summary>
internal sealed record GuestView : INoSerializationVerificationNeeded
{
    private static readonly IReadOnlyDictionary<string, string> None = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Null until the agent has been asked.</summary>
    public Moment? At { get; init; }

    public AgentInfo? Info { get; init; }

    public GuestInventory? Inventory { get; init; }

    /// <summary>It has told of itself once; false after answers that were lost, and of a guest that was found frozen.</summary>
    public bool IsMet => At is not null && Inventory is not null;

    /// <summary>Commands whose answers were not understood, and why: what they would tell is not known.</summary>
    public IReadOnlyDictionary<string, string> NotUnderstood { get; init; } = None;

    /// <summary>fsfreeze-status said frozen, with no window of ours open.</summary>
    public bool FoundFrozen { get; init; }

    /// <summary>
    /// Asks the guest, one command after the other, through its channel. What it does not offer stays unknown. What it did not
    /// answer stays as it was, and is asked again when the channel is next opened; an agent that was silent once is not asked
    /// for more now.
    /// </summary>
    public static async Task<GuestView> AskAsync(IActorRef channel, GuestView known, TimeProvider time)
    {
        var was = known.Inventory;
        var odd = new Dictionary<string, string>();
        var silent = false;
        var info = await CallAsync(GuestInfo.Request, GuestInfo.Read, known.Info);
        var status = await CallAsync(
            GuestFsfreezeStatus.Request, json => GuestFsfreezeStatus.Read(json) == FreezeStatus.Frozen, known.FoundFrozen);
        // A guest that was found frozen stays so until it says otherwise.
        var frozen = odd.ContainsKey(GuestFsfreezeStatus.Name) ? known.FoundFrozen : status.Value;
        var view = known with { Info = info.Value, FoundFrozen = frozen };
        // A frozen guest answers nothing else.
        if (frozen) return view with { At = info.Heard ? time.Moment() : known.At, NotUnderstood = Odd() };
        var os = await CallAsync(GuestGetOsinfo.Request, GuestGetOsinfo.Read, null);
        var name = await CallAsync(GuestGetHostName.Request, json => GuestGetHostName.Read(json).HostName, was?.HostName);
        var addresses = await CallAsync(GuestNetworkGetInterfaces.Request, Addresses, was?.Addresses);
        var fileSystems = await CallAsync(
            GuestGetFsinfo.Request, json => GuestGetFsinfo.Read(json).Select(f => f.Mountpoint).ToList(), was?.FileSystems);
        return view with
        {
            At = info.Heard && os.Heard ? time.Moment() : known.At,
            NotUnderstood = Odd(),
            Inventory = InventoryBounds.Bounded(new GuestInventory(
                name.Value,
                os.Heard ? os.Value?.PrettyName ?? os.Value?.Name : was?.Os,
                os.Heard ? os.Value?.Id : was?.OsId,
                os.Heard ? os.Value?.KernelRelease : was?.Kernel,
                addresses.Value ?? [],
                fileSystems.Value ?? [])),
        };

        IReadOnlyDictionary<string, string> Odd() => odd.Count > 0 ? odd : None;

        async Task<(bool Heard, T Value)> CallAsync<T>(AgentRequest request, Func<ReadOnlyMemory<byte>, T> read, T unheard)
        {
            if (silent) return (false, unheard);
            var ended = await channel.Ask<CallEnded>(new Submit(request, TimeSpan.FromSeconds(5)), TimeSpan.FromSeconds(30));
            switch (ended.Outcome)
            {
                case AgentOutcome.Returned r:
                    if (r.Json.TryRead(read, out var value, out var why)) return (true, value);
                    odd[request.Command] = why;
                    return (true, default!);
                case AgentOutcome.Refused:
                    return (true, default!);
                default:
                    silent = true;
                    return (false, unheard);
            }
        }
    }

    private static IReadOnlyList<string> Addresses(ReadOnlyMemory<byte> json) =>
        [
            .. GuestNetworkGetInterfaces
                .Read(json)
                .SelectMany(i => i.IpAddresses ?? [])
                .Select(a => a.IpAddress)
                .Where(a => a is not ("127.0.0.1" or "::1")),
        ];
}
