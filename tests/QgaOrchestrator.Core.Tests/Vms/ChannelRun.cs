using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Vms;

/// <summary>A channel under test: told one input after the other, with all that it has asked for.</summary>
internal sealed class ChannelRun(bool holdsSocket = true)
{
    public Channel State { get; private set; } = new() { Policy = new("vm1", holdsSocket) };

    public IReadOnlyList<ChannelEffect> Last { get; private set; } = [];

    public List<ChannelEffect> All { get; } = [];

    public double Now { get; private set; }

    public HashSet<long> Withdrawn { get; } = [];

    public ChannelRun Step(ChannelInput input) => Step(Now, input);

    public ChannelRun Step(double ms, ChannelInput input)
    {
        (State, Last) = ChannelRules.Step(State, input, Clock.At(Now = ms));
        All.AddRange(Last);
        return this;
    }

    /// <summary>Open and in sync, nothing under way.</summary>
    public static ChannelRun Ready(bool holdsSocket = true) =>
        new ChannelRun(holdsSocket).Step(new ChannelInput.Woken()).Step(new ChannelInput.Opened());

    public ChannelRun Submit(long ticket, double deadline = 10_000, bool thaw = false, bool thaws = false) =>
        Step(new ChannelInput.Submitted(ticket, Clock.At(deadline), thaw || thaws) { Thaws = thaws });

    public ChannelRun SyncEnded(long ticket, bool linkOpen = true) => Step(new ChannelInput.SyncEnded(ticket, linkOpen));

    public IEnumerable<long> Followed => All.OfType<ChannelEffect.Follow>().Select(e => e.Ticket);

    public ChannelRun Answer(long ticket, bool linkOpen = true) =>
        Step(new ChannelInput.Answered(ticket, linkOpen, linkOpen ? null : "no reply"));

    public ChannelRun Lend(string window) =>
        Step(new ChannelInput.Reserve(window)).Step(new ChannelInput.Confirmed(InSync: true));

    public IEnumerable<long> Sent => All.OfType<ChannelEffect.Send>().Select(e => e.Ticket);

    public IEnumerable<(long, ChannelRefusal)> Refused => All.OfType<ChannelEffect.Refuse>().Select(e => (e.Ticket, e.Why));

    public IEnumerable<long> LastSent => Last.OfType<ChannelEffect.Send>().Select(e => e.Ticket);
}
