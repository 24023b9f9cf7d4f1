using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Vms;

internal static class AgentCommandTimes
{
    /// <summary>The command's time-outs, as the rules need them.</summary>
    public static CommandTimes Times(this AgentCommand command) => command.Timeout == TimeoutClass.Freeze
        ? new(TimeSpan.Zero, TimeSpan.Zero, IsFreeze: true)
        : new(command.DefaultTimeout(TimeSpan.Zero), command.LongestTimeout);
}
