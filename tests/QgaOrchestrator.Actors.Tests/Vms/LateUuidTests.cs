using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Vms;

/// <summary>A VM's passwords are kept by its UUID: nobody may take a VM for one without.</summary>
public sealed class LateUuidTests : OneHost
{
    [Fact]
    public void A_monitor_that_does_not_tell_its_uuid_in_time_is_up_when_it_has_told_it()
    {
        using var late = Vm.Monitor.On("query-uuid", Act.Silence).Once();
        Begin();
        var seen = SeeVm(vm => vm.RunState is not null);
        Assert.Equal((1, $"{Vm.Uuid}"), (late.Hits, seen.Uuid));
    }
}
