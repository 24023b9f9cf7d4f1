using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Qemu.Hosts;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>
/// The labels of this host's VMs: those that their kinds of hosts tell, and over them those of the fleet's file. As long as they
/// are the same they are the same object, so that the status of a VM which has not changed stays equal.
/// </summary>
internal sealed class FoundLabels
{
    private readonly Dictionary<VmId, Merged> _merged = [];
    private IReadOnlyDictionary<VmId, VmLabels> _found = new Dictionary<VmId, VmLabels>();

    public void Find(IReadOnlyDictionary<VmId, VmLabels> found)
    {
        _found = found;
        foreach (var gone in _merged.Keys.Where(vm => !found.ContainsKey(vm)).ToList()) _merged.Remove(gone);
    }

    /// <param name="said">By the fleet's file.</param>
    public IReadOnlyDictionary<string, string> With(VmId vm, IReadOnlyDictionary<string, string> said)
    {
        if (!_found.TryGetValue(vm, out var found)) return said;
        if (_merged.GetValueOrDefault(vm) is not { } merged || !ReferenceEquals(merged.Said, said) || !merged.Found.Equals(found))
            _merged[vm] = merged = new(
                said, found, said.Concat(found.All.Where(label => !said.ContainsKey(label.Key))).ToDictionary());
        return merged.All;
    }

    private sealed record Merged(
        IReadOnlyDictionary<string, string> Said, VmLabels Found, IReadOnlyDictionary<string, string> All);
}
