using Akka.Actor;

namespace QgaOrchestrator.Actors;

/// <summary>
/// How an actor is made: by a plain function. Akka's own Props.Create takes an expression and compiles its arguments anew
/// each time, which costs milliseconds of processor time for each window and item.
/// </summary>
internal static class ActorProps
{
    /// <param name="make">Called in the new actor's context: what is the parent's (Self, Sender) goes into locals before.</param>
    public static Props Of<T>(Func<T> make) where T : ActorBase => Props.CreateBy(new Maker<T>(make));

    private sealed class Maker<T>(Func<T> make) : IIndirectActorProducer where T : ActorBase
    {
        public Type ActorType => typeof(T);

        public ActorBase Produce() => make();

        public void Release(ActorBase actor)
        {
            // Nothing was rented.
        }
    }
}
