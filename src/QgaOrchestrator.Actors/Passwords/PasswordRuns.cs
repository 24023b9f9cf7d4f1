using System.Text.Json;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Actors.Passwords;

/// <summary>Runs that the node itself starts, over VMs that it knows by their escrow's key.</summary>
internal sealed class PasswordRuns(IOrchestrator orchestrator)
{
    /// <summary>The name of the node itself, where the audit log names who asked.</summary>
    public const string Node = "qgad";

    public static string KeyOf(VmStatus vm) => AccountId.KeyOf(vm.Uuid, vm.Id.Host, vm.Id.Name);

    /// <param name="id">The run's: it is noted before it is started.</param>
    /// <param name="options">As POST /v1/runs takes them.</param>
    public async Task StartAsync(
        RunKind kind, string id, IReadOnlyList<VmStatus> vms, IReadOnlyDictionary<string, string> options, CancellationToken stop)
    {
        var (read, errors) = kind.ParseOptions(JsonSerializer.SerializeToElement(options));
        if (read is null) throw new ArgumentException(string.Join("; ", errors), nameof(options));
        List<VmIdentity> chosen = [.. vms.Select(vm => new VmIdentity(vm.Id, vm.Uuid, vm.Labels))];
        var (plan, _) = kind.Plan(chosen, chosen, read);
        var select = $"name in ({string.Join(",", vms.Select(vm => vm.Id.Name))})";
        await orchestrator.StartRunAsync(id, kind.Name, select, read, plan!, Node, stop);
    }
}
