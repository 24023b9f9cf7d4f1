using Akka.Actor;
using QgaOrchestrator.Actors.Messages;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>How a VM is shown to others: its status, told to the fleet's directory when it has changed. Belongs to the
/// <see cref="VmActor"/>.</summary>
internal sealed class ShownStatus(VmServices services, ServedVm vm, IActorRef self)
{
    public sealed record HolderSeen(string? Name) : INoSerializationVerificationNeeded;

    /// <summary>Who else has the agent's socket, looked for once each time that the channel is found busy.</summary>
    private string? _holder;
    private bool _busy;
    private string? _run;
    private VmStatus? _last;

    /// <summary>An item is under way.</summary>
    public bool IsAtWork => _run is not null;

    /// <summary>The run that works on the VM; null: none.</summary>
    public void WorksFor(string? run)
    {
        _run = run;
        Update();
    }

    public void Learn(HolderSeen seen)
    {
        _holder = seen.Name;
        Update();
    }

    public void Update()
    {
        var status = VmView.Of(
            vm.Spec,
            vm.Channel.State,
            vm.Guest.View,
            vm.Machine.View,
            services.BootId,
            vm.Windows.Order,
            vm.Windows.Frozen,
            _run,
            _holder
        );
        LookForHolder(status.Agent == AgentState.Busy);
        if (status == _last) return;
        services.Fleet.Tell(new VmSeen(_last = status));
    }

    private void LookForHolder(bool busy)
    {
        if (busy == _busy) return;
        (_busy, _holder) = (busy, null);
        if (busy)
            vm.Spec.Kind.FindHolderAsync(vm.Spec.Address).PipeTo(
                self, success: name => new HolderSeen(name), failure: _ => new HolderSeen(null));
    }
}
