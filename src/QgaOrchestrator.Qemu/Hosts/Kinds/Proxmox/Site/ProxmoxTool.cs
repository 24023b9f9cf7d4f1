using System.ComponentModel;
using System.Diagnostics;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

/// <summary>
/// One run of a command of Proxmox's (qm, pvesm): an argument list, never a shell. It carries a mark, so that a node that has
/// begun anew knows whether an earlier one's command still works. At its limit it is ended.
/// </summary>
/// <param name="program">By its path, or to be found by PATH.</param>
internal sealed class ProxmoxTool(string program, TimeProvider time)
{
    private const string Mark = "QGA_PROXMOX";

    private const int MostWords = 500;

    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);

    /// <param name="mark">What it is for.</param>
    /// <returns>Null: it could not be started, or was ended at its limit; its words say so.</returns>
    public async Task<ToolEnd> RunAsync(string mark, TimeSpan limit, params IEnumerable<string> arguments)
    {
        using var due = new CancellationTokenSource(limit, time);
        using var process = new Process { StartInfo = StartInfo(mark, arguments) };
        try
        {
            process.Start();
        }
        catch (Win32Exception missing)
        {
            return new(null, $"{program} cannot be run: {missing.Message}", "");
        }

        try
        {
            var (output, errors) = (
                process.StandardOutput.ReadToEndAsync(due.Token), process.StandardError.ReadToEndAsync(due.Token));
            await process.WaitForExitAsync(due.Token).ConfigureAwait(false);
            return new(process.ExitCode, Last(await errors.ConfigureAwait(false)), await output.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return new(null, $"{program} did not end within {limit.TotalSeconds:0} s", "");
        }
    }

    /// <summary>Waits until no command with the mark works any more, whoever has started it.</summary>
    /// <returns>False: one still does.</returns>
    public async Task<bool> EndedAsync(string mark, TimeSpan limit, CancellationToken cancel)
    {
        var start = time.GetTimestamp();
        while (ProcessMarks.Find(Mark, mark).Count > 0)
        {
            if (time.GetElapsedTime(start) > limit) return false;
            await Task.Delay(Again, time, cancel).ConfigureAwait(false);
        }

        return true;
    }

    private ProcessStartInfo StartInfo(string mark, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment[Mark] = mark;
        return start;
    }

    private static string Last(string words)
    {
        var last = words.Trim().Split('\n')[^1].Trim();
        return last.Length > MostWords ? last[..MostWords] : last;
    }
}

/// <summary>How a command of Proxmox's ended.</summary>
/// <param name="ExitCode">Null: it did not run to its end.</param>
/// <param name="Words">The last line that it said about what went wrong.</param>
internal sealed record ToolEnd(int? ExitCode, string Words, string Output)
{
    public bool IsDone => ExitCode == 0;
}
