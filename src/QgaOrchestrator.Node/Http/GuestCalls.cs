using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Guests;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Node.Http;

/// <summary>A guest's files and processes ask its agent as any caller does: behind its windows, ahead of nobody.</summary>
public static class GuestCalls
{
    public static AgentCall Of(IOrchestrator orchestrator, VmId vm) =>
        (command, arguments) => orchestrator.CallAsync(vm, command, arguments, new CallOptions(), CancellationToken.None);
}
