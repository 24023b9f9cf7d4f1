using Akka.Actor;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs.Groups;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>
/// One attempt of a consistency group: performs what <see cref="GroupRules"/> asks for. Child of its <see cref="RunActor"/>,
/// volatile: after a restart it asks its members how far they are. Ends when all of them have ended.
/// </summary>
internal sealed class GroupActor : ReceiveActor, IWithTimers
{
    /// <summary>From the run: a message may have been lost.</summary>
    public sealed record Remind : INoSerializationVerificationNeeded;

    /// <summary>To the run: all members have ended.</summary>
    public sealed record Ended(IReadOnlyList<ItemOutcome> Outcomes) : INoSerializationVerificationNeeded;

    private sealed record SpreadIsOver : INoSerializationVerificationNeeded;

    private readonly RunServices _services;
    private readonly Dictionary<int, StartItem> _orders;
    private GroupState _state;

    /// <param name="services">The run's.</param>
    /// <param name="name">The group's name.</param>
    /// <param name="spread">From its first freeze to its last cut.</param>
    /// <param name="orders">Its members' items, in the order in which they begin.</param>
    public GroupActor(RunServices services, string name, TimeSpan spread, IReadOnlyList<StartItem> orders)
    {
        _services = services;
        _orders = orders.ToDictionary(order => order.Item);
        _state = new GroupState(
            name, spread, [.. orders.Select(order => new GroupMember(order.Item, order.Vm.Name, order.Attempt))])
        {
            Resumed = orders.Any(order => order.Resume),
        };

        Receive<MemberMoved>(m => Handle(new GroupInput.Reported(m.Item, m.Report)));
        Receive<ItemOutcome>(m => Handle(new GroupInput.MemberEnded(m)));
        Receive<GroupInput.Stop>(Handle);
        Receive<SpreadIsOver>(_ => Handle(new GroupInput.SpreadPassed()));
        Receive<Remind>(_ => RemindAll());
        Handle(new GroupInput.Begin());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private void Handle(GroupInput input)
    {
        (_state, var effects) = GroupRules.Step(_state, input, _services.Time.Moment());
        foreach (var effect in effects) Perform(effect);
    }

    private void Perform(GroupEffect effect)
    {
        switch (effect)
        {
            case GroupEffect.Start e:
                _services.Vms.Tell(_orders[e.Item]);
                break;
            case GroupEffect.Tell e:
                var order = _orders[e.Item];
                _services.Vms.Tell(new OrderMember(order.Vm, order.Run, order.Item, order.Attempt, e.Order));
                break;
            case GroupEffect.ArmSpread e:
                Timers.StartSingleTimer("spread", new SpreadIsOver(), e.After);
                break;
            case GroupEffect.End e:
                Context.Parent.Tell(new Ended(e.Outcomes));
                break;
        }
    }

    private void RemindAll()
    {
        foreach (var member in _state.Members.Take(_state.Begun).Where(member => member.Outcome is null))
            _services.Vms.Tell(_orders[member.Item] with { Resume = true });
    }
}
