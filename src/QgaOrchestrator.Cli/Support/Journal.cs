using System.ComponentModel;
using System.Diagnostics;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Support;

/// <summary>What systemd knows of node and watchdog. Their log holds no arguments of commands at any level; below information it
/// has the paths of requests, and those lines are left out.</summary>
internal static class Journal
{
    private static readonly string[] _finer = [" dbug: ", " trce: ", " debug: ", " trace: "];

    /// <exception cref="CommandFailedException">There is no systemd here, or it refuses.</exception>
    public static async Task<string> TailAsync(CancellationToken cancel)
    {
        var all = await RunAsync(
            "journalctl", ["--unit=qgad", "--unit=qga-watchdog", "--lines=20000", "--no-pager", "--output=short-iso"], cancel)
            .ConfigureAwait(false);
        return string.Join(
            '\n', all.Split('\n').Where(line => !Array.Exists(_finer, finer => line.Contains(finer, StringComparison.Ordinal))));
    }

    /// <inheritdoc cref="TailAsync"/>
    public static Task<string> StatusAsync(CancellationToken cancel) => RunAsync(
        "systemctl",
        ["show", "qgad", "qga-watchdog", "--property=Id,ActiveState,SubState,NRestarts,ExecMainStatus,ExecMainStartTimestamp"],
        cancel);

    private static async Task<string> RunAsync(string program, string[] arguments, CancellationToken cancel)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            await using var end = cancel.Register(process.Kill).ConfigureAwait(false);
            var (output, error) = (
                process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
            await process.WaitForExitAsync(cancel).ConfigureAwait(false);
            return process.ExitCode == 0
                ? await output.ConfigureAwait(false)
                : throw new CommandFailedException($"{program}: {(await error.ConfigureAwait(false)).Trim()}");
        }
        catch (Win32Exception e)
        {
            throw new CommandFailedException($"{program}: {e.Message}");
        }
    }
}
