namespace QgaOrchestrator.Simulator;

/// <summary>The other end of a connection: its number on this socket (from 1) and the process that connected.</summary>
public readonly record struct Client(int Number, int Pid);

/// <summary>Something that happened, in the simulator's own time. What a fact says is what the VM did, not what it
/// replied.</summary>
/// <param name="Kind">freeze, thaw, cut, connect, disconnect, job, status.</param>
public sealed record Fact(DateTimeOffset At, string Vm, string Kind, string Detail, Client By)
{
    /// <summary>The freeze it belongs to: 1 for the first of the VM, 0 before it.</summary>
    public int Epoch { get; init; }

    /// <summary>File systems frozen or thawed.</summary>
    public int Count { get; init; }

    /// <summary>The guest was frozen at that instant.</summary>
    public bool Frozen { get; init; }
}
