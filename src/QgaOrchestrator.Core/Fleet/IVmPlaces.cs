namespace QgaOrchestrator.Core.Fleet;

/// <summary>How the fleet's file says where a VM is: by members that the kinds of hosts have for that.</summary>
public interface IVmPlaces
{
    /// <summary>Their names; each holds a text.</summary>
    IReadOnlyList<string> Members { get; }

    /// <summary>What is wrong with one VM's members, a sentence each.</summary>
    IEnumerable<string> Faults(IReadOnlyDictionary<string, string> place);
}
