using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>
/// Keeps one run's actor alive: one that fails, or whose journal does not take what it writes, begins anew after a pause that
/// grows. The entity of the region of runs; its child has its name. What comes in a pause waits, up to a limit: orders and
/// outcomes are repeated.
/// </summary>
internal sealed class RunKeeper : ReceiveActor, IWithTimers
{
    private sealed record Begin : INoSerializationVerificationNeeded;

    /// <summary>From the run's actor, as its last word: nothing is left to do.</summary>
    public sealed record MayLeave : INoSerializationVerificationNeeded;

    private const int MostWaiting = 1000;

    private readonly Props _run;
    private readonly RestartPauses _pauses;
    private readonly Action<int> _count;
    private readonly Queue<(object Message, IActorRef Sender)> _waiting = [];
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private IActorRef? _child;
    private bool _leaves, _mayLeave;

    /// <param name="run">Of the run's actor.</param>
    /// <param name="count">Is told of each that begins or ends here.</param>
    public RunKeeper(Props run, RestartPauses pauses, Action<int> count)
    {
        _count = count;
        (_run, _pauses) = (run, pauses);
        Receive<Begin>(_ => BeginRun());
        Receive<LeaveRun>(Leave);
        Receive<MayLeave>(_ => _mayLeave = true);
        Receive<Terminated>(_ => ChildEnded());
        Receive<Passivate>(m => Context.Parent.Tell(m));
        ReceiveAny(Pass);
        BeginRun();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(Props run, RestartPauses pauses, Action<int> count) =>
        ActorProps.Of(() => new RunKeeper(run, pauses, count));

    protected override void PreStart() => _count(1);

    protected override void PostStop() => _count(-1);

    /// <summary>Begun anew here, and only after the pause.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private void BeginRun()
    {
        _child = Context.Watch(Context.ActorOf(_run, Self.Path.Name));
        while (_waiting.TryDequeue(out var next)) _child.Tell(next.Message, next.Sender);
    }

    /// <summary>What was passed on before is answered first: to stop the child would lose it.</summary>
    private void Leave(LeaveRun order)
    {
        _leaves = true;
        if (_child is null) Stop();
        else _child.Tell(order);
    }

    private void ChildEnded()
    {
        _child = null;
        if (_leaves) Stop();
        else Pause();
    }

    /// <summary>The region has forgotten the run by now. One that has more to do is begun anew by a message.</summary>
    private void Stop()
    {
        if (!_mayLeave) Context.Parent.Tell(new ContinueRun(Self.Path.Name));
        foreach (var (message, sender) in _waiting) Context.Parent.Tell(message, sender);
        Context.Stop(Self);
    }

    private void Pause()
    {
        var pause = _pauses.Failed(Self.Path.Name);
        Timers.StartSingleTimer("begin", new Begin(), pause);
        _log.Warning("The actor of run {0} has failed and restarts in {1:0.0} s", Self.Path.Name, pause.TotalSeconds);
    }

    private void Pass(object message)
    {
        if (_child is not null) _child.Forward(message);
        else if (_waiting.Count < MostWaiting) _waiting.Enqueue((message, Sender));
    }
}
