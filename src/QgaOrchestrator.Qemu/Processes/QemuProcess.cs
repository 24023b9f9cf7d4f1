namespace QgaOrchestrator.Qemu.Processes;

/// <summary>A QEMU process, told apart from a later one with the same pid by its start time in clock ticks since boot
/// (/proc/PID/stat, field 22).</summary>
public sealed record QemuProcess(int Pid, long StartTicks, int Uid);
