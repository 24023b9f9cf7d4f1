using System.ComponentModel;
using System.Diagnostics;

namespace QgaOrchestrator.Qemu.Images;

/// <summary>One run of a tool: an argument list, never a shell. It is ended when the caller loses interest.</summary>
internal static class ToolProcess
{
    /// <param name="output">Each piece of standard output as it comes; a progress line may have no end.</param>
    /// <exception cref="ImageException">The tool is not installed.</exception>
    public static async Task<(int ExitCode, string Error)> RunAsync(
        string tool, IReadOnlyList<string> arguments, Action<ReadOnlyMemory<char>> output, CancellationToken cancel)
    {
        using var process = Start(tool, arguments);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancel);
            var buffer = new char[4096];
            while (await process.StandardOutput.ReadAsync(buffer, cancel).ConfigureAwait(false) is > 0 and var read)
                output(buffer.AsMemory(0, read));
            await process.WaitForExitAsync(cancel).ConfigureAwait(false);
            return (process.ExitCode, (await errors.ConfigureAwait(false)).Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private static Process Start(string tool, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            throw new ImageException($"{tool} cannot be run: {missing.Message}; install qemu-utils", missing);
        }
    }
}
