namespace QgaOrchestrator.Qemu.Machines;

/// <summary>What can happen to a machine.</summary>
public enum MachineChange
{
    /// <summary>A program in the guest opened or closed a port: the agent's, or another.</summary>
    Port,

    /// <summary>Its processors were stopped: by an operator, or by an error of its storage.</summary>
    Stopped,

    Resumed,

    DiskFault,

    /// <summary>The guest has shut down.</summary>
    ShutDown,

    /// <summary>The guest was reset: what was frozen in it is frozen no more.</summary>
    Reset,

    /// <summary>The guest sleeps in its memory.</summary>
    Suspended,

    /// <summary>The guest sleeps on its disk.</summary>
    Hibernated,

    Woken,
}

/// <summary>Something happened to a machine.</summary>
/// <param name="Name">QEMU's word for it, as in SHUTDOWN: callers are told by which event a command was seen to be
/// obeyed.</param>
public readonly record struct MachineEvent(MachineChange Change, string Name);
