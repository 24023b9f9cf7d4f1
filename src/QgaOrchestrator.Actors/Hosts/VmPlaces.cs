using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Qemu.Hosts.Kinds;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>The places that the kinds of hosts know.</summary>
public sealed class VmPlaces : IVmPlaces
{
    /// <summary>Reads the fleet's file.</summary>
    public static FleetFileReader Reader { get; } = new(new VmPlaces());

    public IReadOnlyList<string> Members => HostKinds.PlaceMembers;

    public IEnumerable<string> Faults(IReadOnlyDictionary<string, string> place) => HostKinds.PlaceFaults(place);
}
