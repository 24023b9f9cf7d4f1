using System.Globalization;
using System.Text;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Descriptions.CommandLines;
using QgaOrchestrator.Qemu.Hosts.Detection;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;

/// <summary>A machine of plain QEMU is its command line. Nobody keeps a list of such VMs: to make one is to write a script that
/// starts it.</summary>
internal sealed class SocketsKeeper : IMachineKeeper
{
    public Task<MachineDescription> DescribeAsync(DescribedVm vm)
    {
        if (vm.Machine.Process is not { } process)
            return Unknown("which process is its QEMU cannot be told", "Run the node in the pid namespace of the host");
        var arguments = HostProcesses.Arguments(process);
        if (arguments.Count == 0)
            return Unknown(
                $"the command line of process {process.Pid} cannot be read", "Run the node as root, or as QEMU's user");
        if (!RunningQemu.IsQemu(Path.GetFileName(arguments[0])))
            return Unknown(
                $"process {process.Pid}, which has its monitor, is no QEMU but {Path.GetFileName(arguments[0])}",
                "Give the node the socket that QEMU itself listens on");
        var (clean, redacted) = CommandLineSecrets.Redact(arguments);
        var (states, missing) = TpmStates.Of(arguments);
        var file = new CommandLineFile(clean, DirectoryOf(process));
        return Task.FromResult(new MachineDescription([new(CommandLineFile.Name, file.ToBytes())])
        {
            States = states,
            Disks = [.. vm.Disks.Select(disk => NameOf(disk.File, clean))],
            Redacted = redacted,
            Missing = missing is null ? [] : [missing],
        });
    }

    public RestoredMachine Restore(MachineOrder order)
    {
        var line = CommandLineFile.Read(order.Required(MachinePart.Description, CommandLineFile.Name));
        var notes = new List<string>();
        var arguments = RestoredArguments.Of(order, line.Arguments, notes);
        List<RestoredFile> files = [new(order.PathOf(CommandLineFile.Name), (line with { Arguments = arguments }).ToBytes())];
        var tpm = Path.Combine(order.Directory, $"{order.Vm}-tpm");
        files.AddRange(order.Files.Where(file => file.Part == MachinePart.Tpm)
            .Select(file => new RestoredFile(Path.Combine(tpm, file.Name), file.Bytes)));
        if (files.Count > 1)
            notes.Add($"The state of the TPM is in {tpm}. Start swtpm with it before QEMU: --tpmstate dir={tpm} for a file "
                + ".permall, backend-uri=file://FILE for another.");
        var command = Lines(arguments);
        if (order.Define is not { } name) return new(files, [command]) { Notes = notes };
        var script = Path.Combine(order.Directory, name + ".sh");
        files.Add(new(script, Encoding.UTF8.GetBytes(Script(name, line.Directory, command, notes)), IsExecutable: true));
        return new(files, [ShellWords.Quote(script)]) { Notes = notes };
    }

    public Task<MachineException?> ObstacleAsync(MachineOrder order, CancellationToken cancel) =>
        Task.FromResult(VmName.IsValid(order.Define!)
            ? null
            : new MachineException(
                $"'{order.Define}' is no name of a VM", "Give one of letters, digits, dots, hyphens and underscores"));

    private static Task<MachineDescription> Unknown(string reason, string remedy) =>
        Task.FromResult(MachineDescription.Unknown(reason, remedy));

    private static string NameOf(string? file, IReadOnlyList<string> arguments) =>
        file is not null && DiskArguments.Replace(arguments, file, "/image") is not null ? file : "";

    private static string? DirectoryOf(QemuProcess process)
    {
        try
        {
            var link = string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Pid}/cwd");
            return new FileInfo(link).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Script(string name, string? directory, string command, List<string> notes)
    {
        var text = new StringBuilder("#!/bin/sh\n# Starts ").Append(name).Append(", which was restored from a recovery point.\n");
        foreach (var note in notes) text.Append("# ").Append(note.ReplaceLineEndings(" ")).Append('\n');
        if (directory is not null) text.Append("cd ").Append(ShellWords.Quote(directory)).Append(" || exit 1\n");
        return text.Append("exec ").Append(command).Append(" \"$@\"\n").ToString();
    }

    /// <summary>A line for each option.</summary>
    private static string Lines(IReadOnlyList<string> arguments)
    {
        var text = new StringBuilder(ShellWords.Quote(arguments[0]));
        foreach (var argument in arguments.Skip(1))
            text.Append(argument is ['-', ..] ? " \\\n  " : " ").Append(ShellWords.Quote(argument));
        return text.ToString();
    }
}
