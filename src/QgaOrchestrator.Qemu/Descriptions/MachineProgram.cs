using System.ComponentModel;
using System.Diagnostics;

namespace QgaOrchestrator.Qemu.Descriptions;

/// <summary>A program of the host that makes VMs, or tells of them: an argument list, never a shell.</summary>
public static class MachineProgram
{
    /// <param name="command">The program, found by PATH, and its arguments.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="MachineException">It cannot be run.</exception>
    public static async Task<ProgramEnd> RunAsync(IReadOnlyList<string> command, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(command);
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception missing)
        {
            throw new MachineException(
                $"{command[0]} cannot be run: {missing.Message}",
                $"Run this on the host that is to have the VM, where {command[0]} is; without --define only files are written",
                missing);
        }

        process.StandardInput.Close();
        try
        {
            var (output, error) = (
                process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
            await process.WaitForExitAsync(cancel).ConfigureAwait(false);
            return new(
                process.ExitCode, await output.ConfigureAwait(false), (await error.ConfigureAwait(false)).Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}

/// <param name="Error">What it said about what went wrong.</param>
public sealed record ProgramEnd(int ExitCode, string Output, string Error);
