using Akka.Actor;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Groups;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>The coordinators of a run's groups: a child for each attempt under way. Belongs to the
/// <see cref="RunActor"/>.</summary>
internal sealed class GroupCoordinators(RunServices services, ItemOrders orders, IActorContext context)
{
    private readonly Dictionary<string, IActorRef> _groups = [];

    public void Perform(RunState run, RunEffect.ToGroup effect)
    {
        switch (effect)
        {
            case RunEffect.Coordinate e:
                Begin(e.Group, run.Spread ?? services.Spread, [.. e.Members.Select(member => orders.For(run, member, e.Resume))]);
                break;
            case RunEffect.RemindGroup e:
                _groups[e.Group].Tell(new GroupActor.Remind());
                break;
            case RunEffect.TellGroup e:
                _groups[e.Group].Tell(e.Outcome);
                break;
            case RunEffect.StopGroup e:
                _groups[e.Group].Tell(new GroupInput.Stop(ItemState.Cancelled, e.Reason, null));
                break;
            case RunEffect.DismissGroup e:
                _groups.Remove(e.Group, out var coordinator);
                context.Stop(coordinator);
                break;
        }
    }

    public void Pass(string group, MemberMoved member) => _groups[group].Tell(member);

    private void Begin(string group, TimeSpan spread, IReadOnlyList<StartItem> members)
    {
        if (_groups.TryGetValue(group, out var known)) context.Stop(known);
        _groups[group] = context.ActorOf(
            ActorProps.Of(() => new GroupActor(services, group, spread, members)),
            $"group-{members[0].Item}-{members[0].Attempt}");
    }
}
