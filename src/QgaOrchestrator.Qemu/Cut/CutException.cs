namespace QgaOrchestrator.Qemu.Cut;

/// <summary>A cut's step that failed, with the reason in the operator's words and what to do about it.</summary>
public sealed class CutException(string reason, string remedy, bool unreachable = false) : Exception(reason)
{
    /// <summary>What the operator can do, a sentence.</summary>
    public string Remedy { get; } = remedy;

    /// <summary>The monitor could not be reached: nothing is said about the VM's disks.</summary>
    public bool Unreachable { get; } = unreachable;
}
