using System.Text;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Guests;

/// <summary>How a program in the guest ended.</summary>
/// <param name="ExitCode">Null: a signal ended it.</param>
internal sealed record GuestProgramEnd(long? ExitCode, string Out, string Errors);

/// <summary>A step of ours in a guest: a few lines for its /bin/sh.</summary>
internal static class GuestProgram
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(20), LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs a script; its arguments are $1, $2 and so on.</summary>
    /// <param name="limit">From its start to its end.</param>
    /// <exception cref="GuestCallException">It cannot be started, or the agent knows no more what became of it.</exception>
    /// <exception cref="GuestFaultException">It did not end in time.</exception>
    public static Task<GuestProgramEnd> ShellAsync(
        AgentCall call,
        string script,
        IReadOnlyList<string> arguments,
        TimeSpan limit,
        TimeProvider time,
        CancellationToken cancel
    ) =>
        RunAsync(
            call,
            GuestExec.Request(new ExecRequest("/bin/sh", ["-c", script, "sh", .. arguments], CaptureOutput: true)),
            limit,
            time,
            cancel);

    /// <summary>Runs a program whose output is captured; one that is given a secret tells its exit code alone.</summary>
    /// <param name="request">Of guest-exec.</param>
    /// <inheritdoc cref="ShellAsync"/>
    public static async Task<GuestProgramEnd> RunAsync(
        AgentCall call, AgentRequest request, TimeSpan limit, TimeProvider time, CancellationToken cancel)
    {
        var pid = (await call.ReadAsync(request, GuestExec.Read)).Pid;
        var since = time.GetTimestamp();
        for (
            var pause = FirstLook;
            time.GetElapsedTime(since) < limit;
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause
        )
        {
            await Task.Delay(pause, time, cancel);
            try
            {
                var ask = request.Holder is null ? GuestExecStatus.Request(pid) : GuestExecStatus.SecretRequest(pid);
                using var holder = ask.Holder;
                var status = await call.ReadAsync(ask, GuestExecStatus.Read);
                if (status.Exited) return new GuestProgramEnd(status.Exitcode, Text(status.OutData), Text(status.ErrData));
            }
            catch (GuestCallException e) when (e.IsPassing)
            {
                // The channel comes back, and until the limit the question is asked again.
            }
        }
        throw new GuestFaultException(
            GuestFaultKind.Failed,
            $"A step in the guest did not end within {limit:c}: it keeps running there as pid {pid}.",
            "See in the guest what it waits for."
        );
    }

    private static string Text(byte[]? said) => said is null ? "" : Encoding.UTF8.GetString(said);
}
