using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Runs;

namespace QgaOrchestrator.Actors.Serialization;

/// <summary>
/// What crosses nodes: manifest and type. To add a message: mark it <see cref="IWire"/>, add its row here and its
/// <c>[JsonSerializable]</c> line to <see cref="WireJson"/>. A manifest names one shape for good; a changed shape is a new
/// manifest, and the old row stays for one release.
/// </summary>
public static class WireCatalog
{
    public static IReadOnlyList<WireRow> Rows { get; } =
    [
        new("run.start.v1", typeof(StartRun)),
        new("run.steer.v1", typeof(SteerRun)),
        new("item.start.v1", typeof(StartItem)),
        new("item.abort.v1", typeof(AbortItem)),
        new("group.says.v1", typeof(OrderMember)),
        new("group.member.v1", typeof(MemberMoved)),
        new("item.moved.v1", typeof(ItemMoved)),
        new("item.ended.v1", typeof(ItemEnded)),
        new("item.journalled.v1", typeof(ItemJournalled)),
    ];
}

/// <summary>One row of the catalog.</summary>
public sealed record WireRow(string Manifest, Type Type);
