using System.Globalization;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Hosts.Detection;

/// <summary>A QEMU that runs on this host.</summary>
/// <param name="Pid">Of its process.</param>
/// <param name="Line">What it was started with.</param>
public sealed record RunningQemu(int Pid, QemuCommandLine Line)
{
    private static readonly string[] _programs = ["qemu-system-", "qemu-kvm", "kvm"];

    /// <summary>All whose command line can be read, by pid.</summary>
    /// <param name="root">Where the host's file system begins: / but in a test.</param>
    public static IReadOnlyList<RunningQemu> All(string root)
    {
        List<RunningQemu> found = [];
        foreach (var directory in Directory.EnumerateDirectories(Path.Combine(root, "proc")))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && HostProcesses.ArgumentsIn(directory) is [var program, ..] arguments && IsQemu(Path.GetFileName(program)))
                found.Add(new(pid, QemuCommandLine.Parse(arguments)));
        }
        return [.. found.OrderBy(qemu => qemu.Pid)];
    }

    /// <param name="program">The name of its file.</param>
    internal static bool IsQemu(string program) =>
        _programs.Any(name => name.EndsWith('-') ? program.StartsWith(name, StringComparison.Ordinal) : program == name);
}
