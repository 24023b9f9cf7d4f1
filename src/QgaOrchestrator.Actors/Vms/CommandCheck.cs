using Akka.Actor;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>What a guest's agent said of one command, asked just now.</summary>
/// <param name="Info">Null where it did not answer.</param>
/// <param name="Frozen">The guest says that it is frozen.</param>
internal sealed record CommandAnswer(CommandSupport Support, AgentInfo? Info = null, bool Frozen = false);

/// <summary>
/// Asks an agent whether it takes a command. An agent says CommandNotFound for three reasons (it lacks the command, has it
/// disabled, or is frozen), and they have three remedies: guest-info and fsfreeze-status tell them apart.
/// </summary>
internal static class CommandCheck
{
    /// <summary>What to do about an agent whose answers nobody understands.</summary>
    public const string AgentRemedy =
        "See which agent answers in the guest (qgactl vm call VM guest-info), and update its qemu-ga";

    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(30);

    /// <param name="channel">The VM's own actor.</param>
    public static async Task<CommandAnswer> AskAsync(IActorRef channel, string command)
    {
        var asked = await channel.Ask<CallEnded>(new Submit(GuestInfo.Request, Answer), Turn);
        if (asked.Outcome is not AgentOutcome.Returned told) return new(new CommandSupport.NotTold(NotTold(command, asked)));
        if (!told.Json.TryRead(GuestInfo.Read, out var info, out var odd)) return new(new CommandSupport.NotUnderstood(odd));
        switch (info.Status(command))
        {
            case CommandStatus.Enabled:
                return new(new CommandSupport.Offered(), info);
            case CommandStatus.Unknown:
                return new(Lacking(AgentCommands.Find(command), info), info);
        }
        var status = await channel.Ask<CallEnded>(new Submit(GuestFsfreezeStatus.Request, Answer), Turn);
        var frozen = status.Outcome is AgentOutcome.Returned r && GuestFsfreezeStatus.SaysFrozen(r.Json);
        return new(frozen ? new CommandSupport.FrozenByOthers() : new CommandSupport.Disabled(), info, frozen);
    }

    private static CommandSupport.Lacking Lacking(AgentCommand? listed, AgentInfo info) =>
        new(info.Version, listed is { Since: var since } && info.Release < since ? $"{since}" : null, listed is not null);

    private static CallReply NotTold(string command, CallEnded ended) =>
        ended.Outcome is AgentOutcome.Unknown u
            ? new CallReply.Refused(
                CallRefusal.Unreachable,
                $"the agent did not say whether it takes {command}: {u.Reason}",
                "Try again; see qgactl vm show")
            : CallReplies.Of(command, ended);
}
