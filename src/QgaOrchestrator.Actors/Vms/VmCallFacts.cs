using System.Text.Json;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>What <see cref="CallRules"/> must know of a caller's command and of its VM, as the VM is now.</summary>
internal sealed class VmCallFacts(VmServices services, ServedVm vm)
{
    public CallFacts Of(CallAgent call)
    {
        var listed = AgentCommands.Find(call.Command);
        var times = listed ?? AgentCommands.Unlisted(call.Command);
        return new(call.Command, call.Options, CallLimits.Of(
            times.Times(), call.Options, services.Limits, vm.Guest.View.Inventory?.OsId))
        {
            Denied = services.Denied.Contains(call.Command),
            Id = IdOf(call),
            InDoubt = listed is not null && vm.Guest.View.Info is { } info && info.Status(call.Command) != CommandStatus.Enabled,
            Silent = !times.Answered,
            TooNew = TooNew(call),
        };
    }

    public VmCondition Condition() => new(vm.Spec.Id.Name, vm.Spec.Id.Host)
    {
        NoAgent = vm.Spec.NoAgent?.Refusal,
        Window = vm.Windows.Id,
        WindowIsOpen = vm.Windows.IsOpen,
        Quarantined = vm.Channel.State.Quarantined,
        Paused = vm.Machine.View.RunState == MonitorView.Paused,
        Suspended = vm.Machine.View.RunState == MonitorView.Suspended,
        AgentRemedy = vm.Channel.State.Remedy,
    };

    /// <returns>Why this agent is too old for the arguments; null: it is not.</returns>
    public string? TooNew(CallAgent call) => AgentCommands.Find(call.Command) is { } listed
        ? ArgumentCheck.TooNew(listed, call.Arguments, vm.Guest.View.Info?.Release)
        : null;

    private static long? IdOf(CallAgent call)
    {
        if (call.Command is not ("guest-sync" or "guest-sync-delimited") || call.Arguments.IsEmpty) return null;
        using var json = JsonDocument.Parse(call.Arguments);
        return json.RootElement.TryGetProperty("id", out var id) && id.TryGetInt64(out var value) ? value : null;
    }
}
