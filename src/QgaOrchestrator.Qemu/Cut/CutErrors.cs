using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>What QEMU says, in the operator's words and with a remedy.</summary>
internal static class CutErrors
{
    public static CutException Unreachable(MonitorException error) => new(
        $"{error.Other?.Who ?? "QEMU's monitor"} does not answer ({error.Message})",
        error.Other?.Remedy
            ?? "See whether QEMU runs, whether another client holds its monitor, and whether its storage hangs.",
        unreachable: true);

    /// <summary>An error about a target image, as QEMU words it.</summary>
    public static CutException Target(string error, string image, QemuProcess? qemu)
    {
        var who = qemu is null ? "QEMU's user" : $"QEMU (uid {qemu.Uid})";
        var directory = Path.GetDirectoryName(image);
        if (IsFull(error)) return Full(image, error);
        if (error.Contains("Permission denied", StringComparison.OrdinalIgnoreCase))
            return new($"{who} may not write {image}: {error}",
                $"Let {who} write to {directory}: give the target a group that both belong to, and set Node.TargetGroup.");
        if (error.Contains("No such file or directory", StringComparison.OrdinalIgnoreCase))
            return new($"QEMU does not see the directory of {image}: {error}",
                "The target needs the same path for QEMU and for the node: mount it into both.");
        return new($"QEMU could not make {image}: {error}", "See the target's file system, and QEMU's own log.");
    }

    public static CutException Full(string image, string detail) => new(
        $"the target has no room for {image}: {detail}",
        "Free space on the target, or choose another with the option target; each disk needs its full virtual size.");

    public static bool IsFull(string error) =>
        error.Contains("No space left", StringComparison.OrdinalIgnoreCase)
        || error.Contains("quota", StringComparison.OrdinalIgnoreCase)
        || error.Contains("File too large", StringComparison.OrdinalIgnoreCase);
}
