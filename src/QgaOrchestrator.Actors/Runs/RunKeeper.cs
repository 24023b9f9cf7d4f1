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

    private const int MostWaiting = 1000;

    private readonly Props _run;
    private readonly RestartPauses _pauses;
    private readonly Action<int> _count;
    private readonly Queue<(object Message, IActorRef Sender)> _waiting = [];
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private IActorRef? _child;

    /// <param name="run">Of the run's actor.</param>
    /// <param name="count">Is told of each that begins or ends here.</param>
    public RunKeeper(Props run, RestartPauses pauses, Action<int> count)
    {
        _count = count;
        (_run, _pauses) = (run, pauses);
        Receive<Begin>(_ => BeginRun());
        Receive<Terminated>(_ => Pause());
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

    private void Pause()
    {
        _child = null;
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
