using Akka.Actor;

namespace QgaOrchestrator.Actors.Views;

public sealed class JournalReplay(ActorSystem system)
{
    public ActorSystem System => system;
}
