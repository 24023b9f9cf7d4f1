using Akka.Actor;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>What a guest's agent said of one command, asked just now.</summary>
/// <param name="Instead">Why the command is not to be sent, or was refused; null: the agent takes it.</param>
/// <param name="Info">Null where it did not answer.</param>
/// <param name="Frozen">It says that it is frozen.</param>
/// <param name="NotUnderstood">It answered, and what it offers is not known: it is the agent's to say no.</param>
internal sealed record AgentOffer(CallReply? Instead, AgentInfo? Info = null, bool Frozen = false, string? NotUnderstood = null);

/// <summary>
/// Would this agent take the command? An agent says CommandNotFound for three reasons - it lacks the command, has it disabled,
/// or is frozen - and they have three remedies: guest-info and fsfreeze-status tell them apart.
/// </summary>
internal static class AgentOffers
{
    /// <summary>What to do about an agent whose answers nobody understands.</summary>
    public const string Odd = "See which agent answers in the guest (qgactl vm call VM guest-info), and update its qemu-ga";

    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(30);

    /// <param name="channel">The VM's own actor.</param>
    public static async Task<AgentOffer> AskAsync(IActorRef channel, string vm, string command)
    {
        var asked = await channel.Ask<CallEnded>(new Submit(GuestInfo.Request, Answer), Turn);
        if (asked.Outcome is not AgentOutcome.Returned told)
            return new(RawCall.Unheard(command, asked));
        if (!told.Json.TryRead(GuestInfo.Read, out var info, out var odd)) return new(null, NotUnderstood: odd);
        switch (info.Status(command))
        {
            case CommandStatus.Enabled:
                return new(null, info);
            case CommandStatus.Unknown:
                return new(Lacks(command, info), info);
        }
        var status = await channel.Ask<CallEnded>(new Submit(GuestFsfreezeStatus.Request, Answer), Turn);
        var frozen = status.Outcome is AgentOutcome.Returned r && GuestFsfreezeStatus.SaysFrozen(r.Json);
        return new(frozen ? FrozenByOthers(vm) : Disabled(command), info, frozen);
    }

    /// <summary>A dry run's question.</summary>
    public static async Task<ItemOutcome> CheckAsync(
        IActorRef channel, VmServices services, string vm, string command, Func<ItemState, string?, string?, ItemOutcome> outcome)
    {
        if (services.Denied.Contains(command))
            return outcome(ItemState.Failed, $"this host's policy denies {command}", "Policy.Deny in the node's config names it");
        return await AskAsync(channel, vm, command) switch
        {
            { Instead: { } instead } => ItemCalls.Outcome(instead, mayRepeat: true, outcome),
            { NotUnderstood: { } odd } =>
                outcome(ItemState.Unknown, $"whether the agent takes {command} is not known: {odd}", Odd),
            _ => outcome(ItemState.Succeeded, null, null),
        };
    }

    private static CallReply.Refused Lacks(string command, AgentInfo info) => AgentCommands.Find(command) switch
    {
        null => new(
            CallRefusal.UnknownCommand,
            $"the guest's agent ({info.Version}) does not know {command}",
            "guest-info lists the commands that it knows; names are written in small letters"
        ),
        { Since: var since } when info.Release < since => new(
            CallRefusal.UnknownCommand,
            $"the guest's agent ({info.Version}) does not know {command}, which came with QEMU {since}",
            $"Update qemu-ga in the guest to {since} or later"
        ),
        _ => new(
            CallRefusal.UnknownCommand,
            $"the guest's agent ({info.Version}) was built without {command}",
            "It is not for this guest's system, or its qemu-ga lacks a library: guest-info lists what there is"
        ),
    };

    private static CallReply.Refused Disabled(string command) => new(
        CallRefusal.Disabled, $"the guest's agent has {command} disabled: by its administrator, or as not for its system",
        "Allow it in the guest: qemu-ga's --block-rpcs or --allow-rpcs (in /etc/qemu-ga or /etc/sysconfig/qemu-ga)");

    private static CallReply.Refused FrozenByOthers(string vm) => new(
        CallRefusal.Frozen, "the guest was frozen by somebody else, and takes six commands only",
        $"Wait until it is thawed; qgactl thaw {vm} --force thaws it all the same");
}
