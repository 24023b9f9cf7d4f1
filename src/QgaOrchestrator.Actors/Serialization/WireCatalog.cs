using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Runs;

namespace QgaOrchestrator.Actors.Serialization;

/// <summary>
/// What crosses nodes: manifest and type. To add a message: mark it <see cref="IWire"/>, add its row here and its
/// <c>[JsonSerializable]</c> line to <see cref="WireJson"/>. A manifest names one shape for good; a changed shape is a new
/// manifest, and the earlier one is read for one release (<see cref="EarlierWire"/>).
/// </summary>
public static class WireCatalog
{
    public static IReadOnlyList<WireRow> Rows { get; } =
    [
        new("run.start.v2", typeof(StartRun)) { Earlier = "run.start.v1" },
        new("run.steer.v1", typeof(SteerRun)),
        new("item.start.v2", typeof(StartItem)) { Earlier = "item.start.v1" },
        new("item.abort.v1", typeof(AbortItem)),
        new("group.says.v2", typeof(OrderMember)) { Earlier = "group.says.v1" },
        new("group.member.v2", typeof(MemberMoved)) { Earlier = "group.member.v1" },
        new("item.moved.v1", typeof(ItemMoved)),
        new("item.ended.v2", typeof(ItemEnded)) { Earlier = "item.ended.v1" },
        new("item.journalled.v1", typeof(ItemJournalled)),
        new("run.view.v1", typeof(RunView)),
        new("run.locate.v1", typeof(LocateRun)),
        new("run.located.v1", typeof(RunLocated)),
        new("run.unsettled.v1", typeof(FindUnsettled)),
        new("run.attempts.v1", typeof(UnsettledAttempts)),
        new("host.vms.v1", typeof(HostVmsTold)),
        new("host.beat.v1", typeof(HostBeat)),
        new("host.tell.v1", typeof(TellVms)),
        new("host.tell-away.v1", typeof(TellAway)),
        new("host.forgotten.v1", typeof(HostForgotten)),
    ];
}

/// <summary>One row of the catalog.</summary>
public sealed record WireRow(string Manifest, Type Type)
{
    /// <summary>The manifest of the release before, which is read and not written; null: it was the same.</summary>
    public string? Earlier { get; init; }
}
