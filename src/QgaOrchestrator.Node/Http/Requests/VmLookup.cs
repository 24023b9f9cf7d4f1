using QgaOrchestrator.Actors;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Http.Errors;

namespace QgaOrchestrator.Node.Http.Requests;

/// <summary>Finds the VM of a path's {vm}: a name that is unique, or host/name with the slash escaped.</summary>
public static class VmLookup
{
    /// <exception cref="ProblemException">404 or, with the candidates, 409.</exception>
    public static async Task<VmStatus> FindAsync(this IOrchestrator orchestrator, string vm, CancellationToken cancel)
    {
        // Routing unescapes all but the slash.
        var wanted = vm.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var all = await orchestrator.ListVmsAsync(cancel);
        var found = all.Where(v =>
                wanted.Contains('/', StringComparison.Ordinal) ? v.Id.ToString() == wanted : v.Id.Name == wanted
            )
            .ToArray();
        return found.Length switch
        {
            1 => found[0],
            0 => throw new ProblemException(Problems.NotFound($"There is no VM {wanted}.", "GET /v1/vms lists the fleet's VMs.")),
            _ => throw new ProblemException(Ambiguous(wanted, found)),
        };
    }

    private static Problem Ambiguous(string wanted, VmStatus[] found) =>
        Problems.Conflict(
            ProblemCodes.AmbiguousVm,
            $"{wanted} is the name of several VMs.",
            "Name one of the candidates as host/name."
        ) with
        { Candidates = [.. found.Select(v => v.Id.ToString()).Order(StringComparer.Ordinal)] };
}
