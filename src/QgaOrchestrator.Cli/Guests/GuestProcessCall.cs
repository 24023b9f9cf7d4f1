using System.Text;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Guests;

/// <summary>How a process in a guest ended, and what it said, byte for byte. <paramref name="ExitCode"/> is 128 and the signal's
/// number where one ended it.</summary>
internal sealed record GuestProcessEnd(int ExitCode, ExecStatus Status, IReadOnlyList<string> Notes)
{
    public byte[] Out => Status.OutData ?? [];

    public byte[] Errors => Status.ErrData ?? [];
}

/// <summary>One process in one guest, from its start to its end, by the agent's own commands.</summary>
internal sealed class GuestProcessCall(QgaClient client, string vm, TimeProvider time)
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(20), LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>A node that starts anew, or a guest in a backup's window, is back long before.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <exception cref="CommandFailedException">It did not end in time, its caller left, or nothing was heard of it for long: its
    /// pid is told.</exception>
    public async Task<GuestProcessEnd> RunAsync(
        string path, string[] arguments, string[]? env, byte[]? input, TimeSpan timeout, CancellationToken cancel)
    {
        var request = GuestExec.Request(new ExecRequest(
            path, arguments.Length > 0 ? arguments : null, env is { Length: > 0 } ? env : null,
            input, CaptureOutput: true));
        var pid = await StartAsync(path, request.Arguments, cancel).ConfigureAwait(false);
        var began = time.GetTimestamp();
        var heard = began;
        for (
            var pause = FirstLook;
            time.GetElapsedTime(began) < timeout;
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause
        )
        {
            try
            {
                await Task.Delay(pause, time, cancel).ConfigureAwait(false);
                var status = GuestExecStatus.Read(
                    await CallAsync(GuestExecStatus.Name, GuestExecStatus.Request(pid).Arguments, cancel).ConfigureAwait(false));
                if (status.Exited) return End(status);
                heard = time.GetTimestamp();
            }
            catch (Exception e) when (CliErrors.IsPassing(e))
            {
                if (time.GetElapsedTime(heard) > Patience)
                    throw new CommandFailedException(
                        $"{path} was started in the guest as pid {pid}, and how it ended is not known: {e.Message}",
                        "Look in the guest.",
                        ExitCodes.NotTheGuests
                    );
            }
            catch (OperationCanceledException)
            {
                throw new CommandFailedException($"interrupted: {path} keeps running in the guest as pid {pid}.", End(pid));
            }
        }
        throw new CommandFailedException(
            $"{path} did not end within {timeout:c}; it keeps running in the guest as pid {pid}.", End(pid));
    }

    private string End(long pid) => $"End it: qgactl vm exec {vm} -- kill {pid}";

    private async Task<long> StartAsync(string path, ReadOnlyMemory<byte> arguments, CancellationToken cancel)
    {
        try
        {
            return GuestExec.Read(await CallAsync(GuestExec.Name, arguments, cancel).ConfigureAwait(false)).Pid;
        }
        catch (OperationCanceledException)
        {
            throw new CommandFailedException(
                $"interrupted while {path} was being started: it may run in the guest.",
                "Look in the guest before you start it again."
            );
        }
    }

    private async Task<ReadOnlyMemory<byte>> CallAsync(string command, ReadOnlyMemory<byte> arguments, CancellationToken cancel)
    {
        var returned = await client.CallAgentAsync(vm, command, arguments, new AgentCallOptions(), cancel).ConfigureAwait(false);
        return Encoding.UTF8.GetBytes(returned.GetRawText());
    }

    private static GuestProcessEnd End(ExecStatus status)
    {
        var notes = new List<string>();
        if (status.Signal is { } signal) notes.Add($"the process was ended by signal {signal}");
        if (status.OutTruncated) notes.Add("the output is truncated: the agent keeps 16 MiB");
        if (status.ErrTruncated) notes.Add("the error output is truncated: the agent keeps 16 MiB");
        if (status.Exitcode is > byte.MaxValue and var code)
            notes.Add($"the process ended with {code}, which is no exit code on this system");
        return new GuestProcessEnd(Shown(status), status, notes);
    }

    /// <summary>As a shell shows it: eight bits, and 128 more for a signal.</summary>
    private static int Shown(ExecStatus status) => status switch
    {
        { Exitcode: >= 0 and <= byte.MaxValue and var code } => (int)code,
        { Signal: > 0 and < 128 and var signal } => 128 + (int)signal,
        _ => ExitCodes.NotTheGuests,
    };
}
