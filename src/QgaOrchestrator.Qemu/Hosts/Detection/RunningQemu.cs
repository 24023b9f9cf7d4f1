using System.Globalization;

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
                && Arguments(directory) is [var program, ..] arguments && IsQemu(Path.GetFileName(program)))
                found.Add(new(pid, QemuCommandLine.Parse(arguments)));
        }
        return [.. found.OrderBy(qemu => qemu.Pid)];
    }

    /// <param name="program">The name of its file.</param>
    internal static bool IsQemu(string program) =>
        _programs.Any(name => name.EndsWith('-') ? program.StartsWith(name, StringComparison.Ordinal) : program == name);

    private static string[] Arguments(string directory)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, "cmdline")).TrimEnd('\0').Split('\0');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // it has ended, or is not ours to read
        }
    }
}
