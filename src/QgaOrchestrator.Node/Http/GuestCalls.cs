using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Guests;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Node.Http;

/// <summary>Files and processes call the agent like any other caller: after a window, in turn.</summary>
public static class GuestCalls
{
    public static AgentCall Of(IOrchestrator orchestrator, VmId vm) =>
        request => orchestrator.CallAsync(vm, request, new CallOptions(), CancellationToken.None);
}
