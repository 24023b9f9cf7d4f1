namespace QgaOrchestrator.Qemu.Monitor;

/// <summary>A monitor that could not be asked, or did not answer in time: nothing is known. QEMU's refusals are no such
/// exception.</summary>
public sealed class MonitorException(string command, string reason) : Exception($"{command}: {reason}")
{
    public string Command { get; } = command;

    /// <summary>Who gave no answer, and what to do about it, a sentence; null: QEMU's monitor.</summary>
    public (string Who, string Remedy)? Other { get; init; }
}
