using System.ComponentModel;
using System.Diagnostics;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Cut.Methods.Hook;

/// <summary>How one run of a hook's program ended.</summary>
/// <param name="ExitCode">Null: it was ended by us, at its limit.</param>
/// <param name="Output">What it had printed, at most 64 KiB.</param>
/// <param name="Errors">The last line of standard error, at most 200 characters.</param>
internal sealed record HookEnd(int? ExitCode, string Output, string Errors);

/// <summary>
/// One run of a hook's program: an argument list, never a shell, in a process group of its own, with nothing of the node's
/// environment but PATH. At its limit the whole group is killed and not waited for: a process that hangs in the kernel ends
/// when it can, and nobody's thaw depends on it.
/// </summary>
internal static class HookProcess
{
    private const int MostError = 200;

    /// <summary>What a child that left the group and keeps our pipe may still hold us up.</summary>
    private static readonly TimeSpan Drain = TimeSpan.FromMilliseconds(250);

    /// <param name="mark">In the environment of whatever the hook starts: see <see cref="MarkedProcesses"/>.</param>
    /// <param name="limit">Null: until it ends, or <paramref name="cancel"/>.</param>
    /// <exception cref="CutException">The program cannot be started.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the group is killed.</exception>
    public static async Task<HookEnd> RunAsync(
        IReadOnlyList<string> argv,
        string mark,
        ReadOnlyMemory<byte> input,
        TimeSpan? limit,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        using var timer = limit is { } span ? new CancellationTokenSource(span, time) : new CancellationTokenSource();
        using var process = Start(argv, mark);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancel);
        HookOutput output = new(process.StandardOutput), errors = new(process.StandardError);
        _ = WriteAsync(process.StandardInput, input);
        int? code;
        try
        {
            await process.WaitForExitAsync(either.Token).ConfigureAwait(false);
            code = process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            code = null;
        }

        // Also after a good end: who was left behind in the group would hold the pipes, and work on unseen.
        Signals.KillGroup(process.Id);
        if (code is null) Signals.Kill(process.Id); // It may not have come to lead its group yet.
        cancel.ThrowIfCancellationRequested();
        using var drained = new CancellationTokenSource(Drain, time);
        await output.EndAsync(drained.Token).ConfigureAwait(false);
        await errors.EndAsync(drained.Token).ConfigureAwait(false);
        var said = errors.Text.TrimEnd();
        said = said[(said.LastIndexOf('\n') + 1)..];
        return new HookEnd(code, output.Text, said.Length > MostError ? said[..MostError] : said);
    }

    /// <summary>setsid(1) executes the program in its own place, since it leads no group: the pid stays, and leads one.</summary>
    private static Process Start(IReadOnlyList<string> argv, string mark)
    {
        var start = new ProcessStartInfo("setsid", argv)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        var path = start.Environment["PATH"];
        start.Environment.Clear();
        start.Environment["PATH"] = path ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LC_ALL"] = "C";
        start.Environment[MarkedProcesses.Variable] = mark;
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            throw new CutException(
                $"the hook cannot be started: {missing.Message}", "It is started by setsid: install util-linux.");
        }
    }

    private static async Task WriteAsync(StreamWriter to, ReadOnlyMemory<byte> input)
    {
        try
        {
            await to.BaseStream.WriteAsync(input).ConfigureAwait(false);
            to.Close();
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException)
        {
            // A hook need not read what it does not need.
        }
    }
}
