using System.Text;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Vms;

/// <summary>Which of a caller's agent commands are sent, answered here, or refused: a row for each condition.</summary>
public sealed class CallRulesTests
{
    private static readonly VmCondition Idle = new("vm1", "h1");

    private static readonly VmCondition
        InWindow = Idle with { Window = "run-1", WindowIsOpen = true },
        Wanted = Idle with { Window = "run-1" },
        ByHand = Idle with { Window = "raw-vm1", WindowIsOpen = true },
        Quarantined = InWindow with { Quarantined = true },
        NoAgent = Idle with { NoAgent = new(CallRefusal.NoAgent, "no socket", "Give it one") },
        NoAgentInWindow = NoAgent with { Window = "run-1", WindowIsOpen = true },
        Paused = Idle with { Paused = true };

    /// <summary>Command, condition, verdict. A freeze and what suspends to memory are asked for first: see below.</summary>
    public static TheoryData<string, string, string> Rows => new()
    {
        { "guest-ping", nameof(Idle), "Send Queue" },
        { "guest-ping", nameof(Paused), "Send Queue" },
        { "guest-ping", nameof(Wanted), "Refused Frozen" },
        { "guest-ping", nameof(InWindow), "Refused Frozen" },
        { "guest-ping", nameof(ByHand), "Refused Frozen" },
        { "guest-ping", nameof(Quarantined), "Refused Frozen" },
        { "guest-ping", nameof(NoAgent), "Refused NoAgent" },
        { "guest-ping", nameof(NoAgentInWindow), "Refused Frozen" },
        { "guest-newer-than-we", nameof(Idle), "Send Queue" },
        { "guest-fsfreeze-status", nameof(Idle), "Send Status" },
        { "guest-fsfreeze-status", nameof(Wanted), "Send Status" },
        { "guest-fsfreeze-status", nameof(InWindow), "AskWindow" },
        { "guest-fsfreeze-status", nameof(Quarantined), "AskWindow" },
        { "guest-fsfreeze-status", nameof(NoAgent), "Refused NoAgent" },
        { "guest-fsfreeze-thaw", nameof(Idle), "AskStatus" },
        { "guest-fsfreeze-thaw", nameof(Wanted), "AskStatus" },
        { "guest-fsfreeze-thaw", nameof(InWindow), "ThawWindow" },
        { "guest-fsfreeze-thaw", nameof(ByHand), "ThawWindow" },
        { "guest-fsfreeze-thaw", nameof(Quarantined), "ThawWindow" },
        { "guest-fsfreeze-thaw", nameof(NoAgent), "Refused NoAgent" },
        { "guest-fsfreeze-thaw", nameof(NoAgentInWindow), "ThawWindow" },
        { "guest-fsfreeze-freeze", nameof(Idle), "AskAgent" },
        { "guest-fsfreeze-freeze", nameof(InWindow), "Refused Frozen" },
        { "guest-fsfreeze-freeze", nameof(Wanted), "Refused Frozen" },
        { "guest-fsfreeze-freeze", nameof(NoAgent), "Refused NoAgent" },
        { "guest-fsfreeze-freeze-list", nameof(Idle), "AskAgent" },
        { "guest-suspend-ram", nameof(Idle), "AskAgent and the monitor" },
        { "guest-suspend-hybrid", nameof(Idle), "AskAgent and the monitor" },
        { "guest-suspend-disk", nameof(Idle), "Send Queue" },
        { "guest-suspend-ram", nameof(InWindow), "Refused Frozen" },
        { "guest-sync", nameof(Idle), "Answer 7" },
        { "guest-sync-delimited", nameof(InWindow), "Answer 7" },
        { "guest-sync", nameof(NoAgent), "Answer 7" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_command_is_sent_answered_or_refused_by_the_VMs_condition(string command, string condition, string verdict) =>
        Assert.Equal(verdict, Say(CallRules.Decide(Call(command), Named(condition))));

    [Theory]
    [InlineData("guest-ping")]
    [InlineData("guest-sync")]
    [InlineData("guest-fsfreeze-freeze")]
    [InlineData("guest-fsfreeze-thaw")]
    public void What_the_nodes_policy_denies_is_refused_in_every_condition(string command)
    {
        foreach (var vm in (VmCondition[])[Idle, InWindow, Quarantined, NoAgent])
            Assert.Equal("Refused Denied", Say(CallRules.Decide(Call(command) with { Denied = true }, vm)));
    }

    [Theory]
    [InlineData(false, false, "Send Thaw")]
    [InlineData(false, true, "Refused NotOurs")]
    [InlineData(true, null, "Send Thaw")]
    [InlineData(true, true, "Send Thaw")]
    public void A_thaw_of_somebody_elses_freeze_needs_force(bool force, bool? frozen, string verdict) => Assert.Equal(
        verdict,
        Say(CallRules.Decide(
            Call("guest-fsfreeze-thaw") with { Options = new CallOptions(Force: force), FrozenByOthers = frozen }, Idle)));

    [Fact]
    public void A_thaw_meets_the_window_that_opened_while_the_guest_was_asked() => Assert.Equal(
        "ThawWindow", Say(CallRules.Decide(Call("guest-fsfreeze-thaw") with { FrozenByOthers = true }, InWindow)));

    /// <summary>What the agent said of a command that it was asked about, and what is done then.</summary>
    public static TheoryData<string, CommandSupport, string> Answers => new()
    {
        { "guest-fsfreeze-freeze", new CommandSupport.Offered(), "Freeze" },
        { "guest-fsfreeze-freeze-list", new CommandSupport.Offered(), "Freeze" },
        { "guest-fsfreeze-freeze", new CommandSupport.NotUnderstood("odd"), "Freeze" },
        { "guest-fsfreeze-freeze", new CommandSupport.FrozenByOthers(), "Refused Frozen" },
        { "guest-fsfreeze-freeze", new CommandSupport.Disabled(), "Refused Disabled" },
        { "guest-fsfreeze-freeze", NotTold, "Refused Unreachable" },
        { "guest-suspend-ram", new CommandSupport.Offered(), "Send Queue" },
        { "guest-exec", new CommandSupport.Offered(), "Send Queue" },
        { "guest-exec", new CommandSupport.Disabled(), "Refused Disabled" },
        { "guest-exec", new CommandSupport.FrozenByOthers(), "Refused Frozen" },
        { "guest-exec", new CommandSupport.Lacking("7.2.22", null, true), "Refused UnknownCommand" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void What_the_agent_lacks_or_has_disabled_is_not_sent(string command, CommandSupport support, string verdict)
    {
        var call = Call(command) with { InDoubt = true };
        Assert.StartsWith("AskAgent", Say(CallRules.Decide(call, Idle)));
        Assert.Equal(verdict, Say(CallRules.Decide(call with { Support = support }, Idle)));
        // A window that opened meanwhile comes first.
        Assert.Equal("Refused Frozen", Say(CallRules.Decide(call with { Support = support }, InWindow)));
    }

    [Theory]
    [InlineData(null, false, "the guest's agent (7.2.22) does not know guest-x")]
    [InlineData("10.0", true, "the guest's agent (7.2.22) does not know guest-x, which came with QEMU 10.0")]
    [InlineData(null, true, "the guest's agent (7.2.22) was built without guest-x")]
    public void A_missing_command_is_reported_with_the_reason(string? since, bool known, string reason) =>
        Assert.Equal(reason, Refusal(CallRules.Decide(
            Call("guest-x") with { InDoubt = true, Support = new CommandSupport.Lacking("7.2.22", since, known) }, Idle)).Reason);

    [Fact]
    public void A_guest_that_could_not_be_woken_is_not_suspended() => Assert.Equal(
        CallRefusal.CannotWake,
        Refusal(CallRules.Decide(
            Call("guest-suspend-ram") with
            {
                Support = new CommandSupport.Offered(),
                CannotWake = new(CallRefusal.CannotWake, "no wakeup-suspend-support", "Suspend to disk"),
            },
            Idle)).Why);

    [Fact]
    public void Arguments_that_the_agent_is_too_old_for_are_refused() => Assert.Equal(
        "Refused BadArguments", Say(CallRules.Decide(Call("guest-exec") with { TooNew = "merged: since QEMU 8.0" }, Idle)));

    [Fact]
    public void A_command_without_a_reply_ends_by_what_shows_that_the_guest_obeyed() =>
        Assert.Equal("SendSilent", Say(CallRules.Decide(Call("guest-shutdown") with { Silent = true }, Idle)));

    [Fact]
    public void A_sync_without_an_id_is_refused() => Assert.Equal(
        "Refused BadArguments", Say(CallRules.Decide(Call("guest-sync") with { Id = null }, Idle)));

    [Fact]
    public void A_refusal_beside_a_freeze_by_hand_says_how_it_is_thawed()
    {
        Assert.Contains("qgactl thaw", Refusal(CallRules.Decide(Call("guest-ping"), ByHand)).Remedy);
        Assert.DoesNotContain("qgactl thaw", Refusal(CallRules.Decide(Call("guest-ping"), InWindow)).Remedy);
    }

    [Fact]
    public void A_CommandNotFound_is_explained_where_the_agent_says_why()
    {
        var error = new CallReply.AgentFailed("CommandNotFound", "The command guest-x has not been found");
        Assert.Same(error, CallRules.Explain("guest-x", error, NotTold, Idle));
        Assert.Same(error, CallRules.Explain("guest-x", error, new CommandSupport.Offered(), Idle));
        Assert.Equal(
            CallRefusal.Disabled,
            Assert.IsType<CallReply.Refused>(CallRules.Explain("guest-x", error, new CommandSupport.Disabled(), Idle)).Why);
    }

    [Fact]
    public void A_missing_reply_names_the_paused_or_suspended_machine()
    {
        var silent = new CallReply.Unknown("no answer within 5 s", "Look in the guest");
        var refused = new CallReply.Refused(CallRefusal.Unreachable, "no agent", "Start it");
        Assert.Equal(silent with { Reason = "the VM is paused: no answer within 5 s" }, CallRules.Because(silent, Paused));
        Assert.Equal(
            new CallReply.Refused(
                CallRefusal.Unreachable, "the guest is suspended: no agent", "Wake it: qgactl vm wake vm1"),
            CallRules.Because(refused, Idle with { Suspended = true }));
        Assert.Equal(
            refused with { Remedy = "Allow it" }, CallRules.Because(refused, Idle with { AgentRemedy = "Allow it" }));
        Assert.Same(silent, CallRules.Because(silent, Idle));
        var denied = new CallReply.Refused(CallRefusal.Denied, "never", "See Policy.Deny");
        Assert.Same(denied, CallRules.Because(denied, Paused));
    }

    private static CommandSupport NotTold =>
        new CommandSupport.NotTold(new CallReply.Refused(CallRefusal.Unreachable, "no answer", "Try again"));

    private static CallFacts Call(string command) =>
        new(command, new CallOptions(), new CallLimits(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10))) { Id = 7 };

    private static VmCondition Named(string condition) => condition switch
    {
        nameof(Idle) => Idle,
        nameof(InWindow) => InWindow,
        nameof(Wanted) => Wanted,
        nameof(ByHand) => ByHand,
        nameof(Quarantined) => Quarantined,
        nameof(NoAgent) => NoAgent,
        nameof(NoAgentInWindow) => NoAgentInWindow,
        nameof(Paused) => Paused,
        _ => throw new ArgumentOutOfRangeException(nameof(condition)),
    };

    private static CallReply.Refused Refusal(CallVerdict verdict) =>
        Assert.IsType<CallReply.Refused>(Assert.IsType<CallVerdict.Answer>(verdict).Reply);

    private static string Say(CallVerdict verdict) => verdict switch
    {
        CallVerdict.Send v => $"Send {v.Lane}",
        CallVerdict.AskAgent { AndMonitor: true } => "AskAgent and the monitor",
        CallVerdict.Answer { Reply: CallReply.Refused r } => $"Refused {r.Why}",
        CallVerdict.Answer { Reply: CallReply.Returned r } => $"Answer {Encoding.UTF8.GetString(r.Json.Span)}",
        _ => verdict.GetType().Name,
    };
}
