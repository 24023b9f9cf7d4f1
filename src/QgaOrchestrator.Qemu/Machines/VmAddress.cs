using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Machines;

/// <summary>Where a VM is reached.</summary>
public abstract record VmAddress
{
    private VmAddress() { }

    /// <summary>Others speak to the VM too: links are kept only for one command, or for a window.</summary>
    public abstract bool IsShared { get; }

    /// <summary>By unix sockets of QEMU's. Paths are absolute. A kind of host may know more of a VM with sockets.</summary>
    /// <param name="Agent">The agent's.</param>
    /// <param name="Monitor">The monitor's; null where there is none: agent commands work, backups do not.</param>
    public record Sockets(string Agent, string? Monitor, SocketHold Hold) : VmAddress
    {
        public override bool IsShared => Hold == SocketHold.PerCommand;

        public sealed override string ToString() => Agent;
    }

    /// <summary>Through a program that has the sockets itself.</summary>
    /// <param name="Kind">The kind of host that knows the way.</param>
    /// <param name="Locator">In that kind's own words: enough by itself to thaw the VM.</param>
    public sealed record Through(string Kind, string Locator) : VmAddress
    {
        public override bool IsShared => false;

        public override string ToString() => $"{Kind} {Locator}";
    }
}
