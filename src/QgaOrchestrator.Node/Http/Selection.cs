using QgaOrchestrator.Actors;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Node.Http.Errors;

namespace QgaOrchestrator.Node.Http;

/// <summary>Which VMs a request means.</summary>
public static class Selection
{
    /// <summary>The selected VMs by host and name; a missing selector selects all.</summary>
    /// <exception cref="ProblemException">400: the selector is wrong, with the position.</exception>
    public static IReadOnlyList<VmStatus> Of(IReadOnlyList<VmStatus> vms, string? select)
    {
        var selector = Parse(select);
        return [.. vms.Where(vm => selector.Matches(new(vm.Id, vm.Uuid, vm.Labels)))
            .OrderBy(vm => vm.Id.Name, StringComparer.Ordinal).ThenBy(vm => vm.Id.Host, StringComparer.Ordinal)];
    }

    private static Selector Parse(string? select)
    {
        if (string.IsNullOrWhiteSpace(select)) return Selector.All;
        return Selector.TryParse(select, out var selector, out var error)
            ? selector
            : throw new ProblemException(Problems.BadRequest(
                [$"select: {error}"], "Write a selector such as app=db,env in (prod,stage),!legacy or name=vm* or *."));
    }
}
