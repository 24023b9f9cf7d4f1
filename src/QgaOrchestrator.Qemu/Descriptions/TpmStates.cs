using System.Globalization;
using QgaOrchestrator.Qemu.Descriptions.CommandLines;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Descriptions;

/// <summary>Where swtpm(8) keeps the state of an emulated TPM.</summary>
internal static class TpmStates
{
    private const string Suffix = ".permall";

    /// <summary>The TPM of a QEMU: its command line names a socket, and the swtpm that listens there names its state.</summary>
    /// <param name="qemu">QEMU's arguments.</param>
    /// <param name="root">Where the host's file system begins: / but in a test.</param>
    public static (IReadOnlyList<MachineState> States, MissingPart? Missing) Of(IReadOnlyList<string> qemu, string root = "/")
    {
        if (SocketOf(qemu) is not { } socket) return ([], null);
        foreach (var directory in Directory.EnumerateDirectories(Path.Combine(root, "proc")))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out _)) continue;
            var swtpm = HostProcesses.ArgumentsIn(directory);
            if (swtpm.Length == 0 || Path.GetFileName(swtpm[0]) != "swtpm") continue;
            if (Member(swtpm, "ctrl", "path") != socket) continue;
            return Member(swtpm, "tpmstate", "dir") is { } state ? In(state) : OfFile(Member(swtpm, "tpmstate", "backend-uri"));
        }

        return ([], Missing($"no swtpm is seen that listens on {socket}", "Run the node as root on the host of the VM"));
    }

    /// <summary>Of a TPM whose state is in a directory.</summary>
    public static (IReadOnlyList<MachineState> States, MissingPart? Missing) In(string directory)
    {
        try
        {
            MachineState[] states =
            [
                .. Directory.EnumerateFiles(directory, "*" + Suffix).Order(StringComparer.Ordinal)
                    .Select(path => new MachineState(Path.GetFileName(path), MachinePart.Tpm, path)),
            ];
            return states.Length > 0
                ? (states, null)
                : ([], Missing($"there is no state of a TPM in {directory}", "See whether the guest has ever used its TPM"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ([], Missing(
                $"{directory} cannot be read: {e.Message.TrimEnd('.')}", "Let the node's user read it, or run the node as root"));
        }
    }

    private static (IReadOnlyList<MachineState>, MissingPart?) OfFile(string? uri)
    {
        const string scheme = "file://", name = "tpm-state.raw";
        return uri?.StartsWith(scheme, StringComparison.Ordinal) == true
            ? ([new(name, MachinePart.Tpm, uri[scheme.Length..])], null)
            : ([], Missing("its swtpm keeps its state in no directory and no file", "Back up that state by other means"));
    }

    private static MissingPart Missing(string reason, string remedy) => new(MachinePart.Tpm, reason, remedy);

    private static string? SocketOf(IReadOnlyList<string> qemu)
    {
        var options = qemu.Zip(qemu.Skip(1)).Where(pair => pair.First is ['-', ..])
            .Select(pair => (Name: pair.First.TrimStart('-'), Members: OptionMembers.Parse(pair.Second)))
            .Where(option => option.Members is not null)
            .ToList();
        var chardev = options.FirstOrDefault(option => option.Name == "tpmdev").Members?["chardev"];
        return chardev is null
            ? null
            : options.FirstOrDefault(option => option.Name == "chardev" && option.Members!["id"] == chardev).Members?["path"];
    }

    /// <summary>As in <c>--ctrl type=unixio,path=/run/tpm.sock</c>.</summary>
    private static string? Member(string[] arguments, string option, string name)
    {
        var at = Array.IndexOf(arguments, "--" + option);
        return at >= 0 && at + 1 < arguments.Length ? OptionMembers.Parse(arguments[at + 1])?[name] : null;
    }
}
