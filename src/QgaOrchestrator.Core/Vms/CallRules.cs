using System.Globalization;
using System.Text;

namespace QgaOrchestrator.Core.Vms;

/// <summary>
/// The policy of a caller's own agent command. It bypasses nothing: a freeze opens a window, a thaw closes it, a sync is answered
/// here, nothing else is sent while a window is open, and what the agent lacks or has disabled is not sent. Where an answer of
/// the guest decides, the verdict asks for it, and <see cref="Decide"/> is called again with it.
/// </summary>
public static class CallRules
{
    /// <summary>The prefix of a window that a caller opened with its own freeze.</summary>
    public const string ByHand = "raw-";

    /// <summary>From top to bottom: the first line that fits decides.</summary>
    public static CallVerdict Decide(CallFacts call, VmCondition vm) => (call.Command, vm) switch
    {
        _ when call.Denied => Refuse(
            CallRefusal.Denied,
            $"{call.Command} is never allowed on host {vm.Host}",
            "It is named by Policy.Deny in that node's config"),
        ("guest-sync" or "guest-sync-delimited", _) => Sync(call),

        ("guest-fsfreeze-thaw", { WindowIsOpen: true }) => new CallVerdict.ThawWindow(),
        (_, { WindowIsOpen: false, NoAgent: { } refused }) => new CallVerdict.Answer(refused),
        ("guest-fsfreeze-thaw", _) when !call.Options.Force && call.FrozenByOthers is null => new CallVerdict.AskStatus(),
        ("guest-fsfreeze-thaw", _) when !call.Options.Force && call.FrozenByOthers is true => Refuse(
            CallRefusal.NotOurs,
            "the guest was frozen by somebody else, who may still need it",
            $"qgactl thaw {vm.Vm} --force thaws it anyway"),
        ("guest-fsfreeze-thaw", _) => new CallVerdict.Send(Lane.Thaw),
        ("guest-fsfreeze-status", { WindowIsOpen: true }) => new CallVerdict.AskWindow(),
        ("guest-fsfreeze-status", _) => new CallVerdict.Send(Lane.Status),

        (_, { Quarantined: true }) => Refuse(
            CallRefusal.Frozen,
            "the guest may be frozen and does not answer its thaw",
            "See qgactl vm show; the node keeps thawing it"),
        (_, { Window: { } window }) => new CallVerdict.Answer(InWindow(window)),

        _ when call.Support is null && MustAsk(call) =>
            new CallVerdict.AskAgent(SilentCommands.SuspendsToMemory(call.Command)),
        _ when Objection(call.Command, call.Support, vm.Vm) is { } refused => new CallVerdict.Answer(refused),
        _ when call.CannotWake is { } refused => new CallVerdict.Answer(refused),
        _ when call.TooNew is { } reason => Refuse(
            CallRefusal.BadArguments, reason, "Send what this agent takes, or update qemu-ga in the guest"),

        ("guest-fsfreeze-freeze" or "guest-fsfreeze-freeze-list", _) => new CallVerdict.Freeze(),
        _ when call.Silent => new CallVerdict.SendSilent(),
        _ => new CallVerdict.Send(Lane.Queue),
    };

    /// <summary>A status that is asked while a window has the channel. The agent is not asked: the thaw would wait behind
    /// it.</summary>
    public static CallReply Status(WindowState window) =>
        window.HoldsFrozen ? new CallReply.Returned("\"frozen\""u8.ToArray()) : InWindow(window.Order.Id);

    /// <summary>Why the agent has not found a command, where it was asked and says so.</summary>
    public static CallReply Explain(string command, CallReply error, CommandSupport support, VmCondition vm) =>
        support is CommandSupport.NotTold ? error : Objection(command, support, vm.Vm) ?? error;

    /// <summary>Adds to an answer that stayed away why it did: the machine rests, or the agent said it itself.</summary>
    public static CallReply Because(CallReply reply, VmCondition vm)
    {
        (string Why, string Remedy)? rests = vm switch
        {
            { Paused: true } => ("the VM is paused", $"Continue {vm.Vm} where it was paused"),
            { Suspended: true } => ("the guest is suspended", $"Wake it: qgactl vm wake {vm.Vm}"),
            _ => null,
        };
        return (rests, reply) switch
        {
            ({ } why, CallReply.Unknown u) => u with { Reason = $"{why.Why}: {u.Reason}" },
            ({ } why, CallReply.Refused { Why: CallRefusal.Unreachable } r) =>
                r with { Reason = $"{why.Why}: {r.Reason}", Remedy = why.Remedy },
            (null, CallReply.Refused { Why: CallRefusal.Unreachable } r) when vm.AgentRemedy is { } remedy =>
                r with { Remedy = remedy },
            _ => reply,
        };
    }

    /// <summary>A command that the channel did not send.</summary>
    public static CallReply.Refused NotSent(ChannelRefusal? why, string reason) => why switch
    {
        ChannelRefusal.QueueFull => new(CallRefusal.QueueFull, reason, "Ask less often, or wait for the answers"),
        ChannelRefusal.Quarantined => new(CallRefusal.Frozen, reason, "See qgactl vm show; the node keeps thawing it"),
        _ => new(
            CallRefusal.Unreachable, reason,
            "Check that qemu-ga runs in the guest; qgactl vm show says who else has the agent"),
    };

    /// <summary>Why a command is not sent to an agent that answered so; null: it is.</summary>
    public static CallReply? Objection(string command, CommandSupport? support, string vm) => support switch
    {
        CommandSupport.Lacking { IsKnown: false } s => new CallReply.Refused(
            CallRefusal.UnknownCommand,
            $"the guest's agent ({s.Agent}) does not know {command}",
            "guest-info lists the commands that it knows; names are written in small letters"),
        CommandSupport.Lacking { Since: { } since } s => new CallReply.Refused(
            CallRefusal.UnknownCommand,
            $"the guest's agent ({s.Agent}) does not know {command}, which came with QEMU {since}",
            $"Update qemu-ga in the guest to {since} or later"),
        CommandSupport.Lacking s => new CallReply.Refused(
            CallRefusal.UnknownCommand,
            $"the guest's agent ({s.Agent}) was built without {command}",
            "It is not for this guest's system, or its qemu-ga lacks a library: guest-info lists what there is"),
        CommandSupport.Disabled => new CallReply.Refused(
            CallRefusal.Disabled,
            $"the guest's agent has {command} disabled: by its administrator, or as not for its system",
            "Allow it in the guest: qemu-ga's --block-rpcs or --allow-rpcs (in /etc/qemu-ga or /etc/sysconfig/qemu-ga)"),
        CommandSupport.FrozenByOthers => new CallReply.Refused(
            CallRefusal.Frozen,
            "the guest was frozen by somebody else, and accepts only six commands until it is thawed",
            $"Wait until it is thawed; qgactl thaw {vm} --force thaws it anyway"),
        CommandSupport.NotTold s => s.Reply,
        _ => null,
    };

    /// <summary>A freeze, and a sleep that only the monitor ends, are sent to an agent that just said that it takes
    /// them.</summary>
    private static bool MustAsk(CallFacts call) =>
        call.InDoubt
        || call.Command is "guest-fsfreeze-freeze" or "guest-fsfreeze-freeze-list"
        || SilentCommands.SuspendsToMemory(call.Command);

    private static CallVerdict.Answer Sync(CallFacts call) => call.Id is { } id
        ? new CallVerdict.Answer(new CallReply.Returned(Encoding.UTF8.GetBytes(id.ToString(CultureInfo.InvariantCulture))))
        : Refuse(
            CallRefusal.BadArguments,
            $"{call.Command} needs an integer id",
            """For example {"id":1}; it is answered here, qgad synchronizes the channel itself""");

    private static CallReply.Refused InWindow(string window) => new(
        CallRefusal.Frozen,
        $"the window {window} is open on this guest",
        window.StartsWith(ByHand, StringComparison.Ordinal)
            ? "Somebody froze it by hand: qgactl thaw thaws it, and so does the end of its lease"
            : "Try again when it is closed (a backup's takes well under a second)");

    private static CallVerdict.Answer Refuse(CallRefusal why, string reason, string remedy) =>
        new(new CallReply.Refused(why, reason, remedy));
}
