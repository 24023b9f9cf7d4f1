using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Agent.Sockets;

/// <summary>A step's effects, with those who wait for them: taken with the step, so that each is completed once.</summary>
internal readonly record struct LinkEffects(
    LinkStep Step, UnixConnection? Connection, Waiter<OpenOutcome>? Open, Waiter<AgentOutcome>? Call,
    Waiter<ResyncOutcome>? Resync, Action<string>? Closed)
{
    /// <summary>Whose time-out begins now.</summary>
    public Waiter<ResyncOutcome>? Sync { get; init; }

    public TimeSpan SyncTimeout { get; init; }

    public bool HasCompletions => Open is not null || Call is not null || Resync is not null || Closed is not null;

    public void Complete()
    {
        Open?.Complete(Step.Opened!);
        Call?.Complete(Step.Called!);
        Resync?.Complete(Step.Resynced!);
        Closed?.Invoke(Step.Lost!);
    }
}
