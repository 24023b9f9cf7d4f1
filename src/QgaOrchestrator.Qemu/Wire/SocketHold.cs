namespace QgaOrchestrator.Qemu.Wire;

/// <summary>Who holds the agent's and the monitor's sockets between commands.</summary>
public enum SocketHold
{
    /// <summary>They are ours alone and stay open.</summary>
    Exclusive,

    /// <summary>Others use them too (Proxmox): connected for one command, or for a window from reservation to
    /// settlement.</summary>
    PerCommand,
}
