using System.Runtime.CompilerServices;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Guests;

/// <summary>What comes of a process while it runs.</summary>
public abstract record ProcessNews
{
    private ProcessNews() { }

    /// <summary>The next bytes of standard output, or of standard error.</summary>
    public sealed record Said(bool Error, byte[] Bytes) : ProcessNews;

    /// <summary>Nothing follows. One of both is null: it ended by itself, or by a signal.</summary>
    public sealed record Ended(long? ExitCode, long? Signal) : ProcessNews;

    /// <summary>It is not known how it ended, or it goes on beyond its time.</summary>
    public sealed record Lost(long Pid, string Reason, string Remedy) : ProcessNews
    {
        /// <summary>It goes on beyond its time.</summary>
        public bool IsOverdue { get; init; }
    }
}

/// <summary>
/// A process in a guest whose output is read while it runs. An agent tells a process's output only at its end, so this one
/// writes to files of a directory that is the agent's alone, which are read on and on, and removed at the end.
/// </summary>
public sealed class StreamedProcess : IAsyncDisposable
{
    /// <summary>Ends with 127 where there is no such program. Prints the directory. One that a killed node left goes after a week
    /// of silence.</summary>
    internal const string Prepare = """
        umask 077
        for old in /tmp/qga-exec.*; do
          if [ -d "$old" ] && [ -O "$old" ] && [ -z "$(find "$old" -mtime -7)" ]; then rm -rf "$old"; fi
        done
        if [ -n "$1" ] && ! command -v -- "$1" >/dev/null; then echo "$1: no such program" >&2; exit 127; fi
        folder=$(mktemp -d /tmp/qga-exec.XXXXXX) || exit
        : >"$folder/out" && : >"$folder/err" && echo "$folder"
        """;

    /// <summary>The process takes the shell's place: its pid, its exit code and its signal are the agent's to tell.</summary>
    internal const string Start = """
        out=$1 err=$2
        shift 2
        exec "$@" >"$out" 2>"$err"
        """;

    internal const string Remove = """
        rm -rf "$1"
        """;

    private const int MostAtOnce = 16;

    private const string Place = "/tmp/qga-exec.";

    private static readonly TimeSpan StepLimit =
        TimeSpan.FromSeconds(30), ShortestPause = TimeSpan.FromMilliseconds(50), LongestPause = TimeSpan.FromMilliseconds(400);

    private readonly AgentCall _call;
    private readonly TimeProvider _time;
    private readonly string _folder;
    private readonly OpenGuestFile _out, _errors;
    private readonly TimeSpan _limit;
    private readonly long _began;
    private readonly long _pid;

    private StreamedProcess(
        AgentCall call, TimeProvider time, string folder, OpenGuestFile output, OpenGuestFile errors, TimeSpan limit, long pid)
    {
        (_call, _time, _folder, _out, _errors, _limit, _pid) = (call, time, folder, output, errors, limit, pid);
        _began = time.GetTimestamp();
    }

    /// <param name="limit">From its start to its end; beyond it, it is left to itself.</param>
    /// <exception cref="GuestCallException">It cannot be started.</exception>
    /// <exception cref="GuestFaultException">The guest lacks what streaming needs, or there is no such program.</exception>
    public static async Task<StreamedProcess> StartAsync(
        AgentCall call, ExecRequest process, TimeSpan limit, TimeProvider time, CancellationToken cancel)
    {
        var folder = await PrepareAsync(call, process, time, cancel);
        var start = GuestExec.Request(process with
        {
            Path = "/bin/sh",
            Arg = ["-c", Start, "sh", $"{folder}/out", $"{folder}/err", process.Path, .. process.Arg ?? []],
            CaptureOutput = false,
        });
        return await OpenAsync(
            call, folder, async () => (await call.ReadAsync(start, GuestExec.Read)).Pid, limit, time, cancel);
    }

    /// <summary>One that an earlier node started: all that it has said since then is read.</summary>
    /// <param name="folder">See <see cref="Folder"/>.</param>
    /// <param name="limit">From now on.</param>
    /// <exception cref="GuestCallException">Its output cannot be read.</exception>
    /// <exception cref="GuestFaultException">The guest lacks what streaming needs.</exception>
    public static Task<StreamedProcess> TakeUpAsync(
        AgentCall call, string folder, long pid, TimeSpan limit, TimeProvider time, CancellationToken cancel) =>
        OpenAsync(call, folder, () => Task.FromResult(pid), limit, time, cancel);

    /// <summary>Where its output is, in the guest.</summary>
    public string Folder => _folder;

    public long Pid => _pid;

    private static async Task<StreamedProcess> OpenAsync(
        AgentCall call, string folder, Func<Task<long>> start, TimeSpan limit, TimeProvider time, CancellationToken cancel)
    {
        OpenGuestFile? output = null, errors = null;
        try
        {
            output = await SpoolAsync(call, $"{folder}/out", time, cancel);
            errors = await SpoolAsync(call, $"{folder}/err", time, cancel);
            return new StreamedProcess(call, time, folder, output, errors, limit, await start());
        }
        catch
        {
            await CloseAsync(call, folder, output, errors, time);
            throw;
        }
    }

    /// <summary>Until the process has ended and all that it said was told.</summary>
    public async IAsyncEnumerable<ProcessNews> FollowAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        Spool[] spools = [new(_out, false), new(_errors, true)];
        for (var pause = ShortestPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            // Asked first: what it said before its end is then in the files.
            var end = await EndAsync();
            foreach (var spool in spools)
            {
                // What a child that outlives the process goes on to say is nobody's.
                long? all = end is null ? null : await spool.LengthAsync(cancel) ?? long.MaxValue;
                // One that never stops talking does not keep the others from being heard.
                for (var pieces = 0; all is { } length ? spool.At < length : pieces < MostAtOnce; pieces++)
                {
                    if (await spool.NextAsync(_time, cancel) is not { } said) break;
                    pause = ShortestPause;
                    yield return said;
                }
            }
            if (end is not null)
            {
                yield return end;
                yield break;
            }
            if (_time.GetElapsedTime(_began) >= _limit)
            {
                yield return new ProcessNews.Lost(
                    _pid,
                    $"it did not end within {_limit:c}, and keeps running in the guest as pid {_pid}",
                    "End it there with kill, or allow a longer --timeout."
                )
                {
                    IsOverdue = true,
                };
                yield break;
            }
            await Task.Delay(pause, _time, cancel);
        }
    }

    /// <summary>Removes what it was read from. The process itself is left alone.</summary>
    public ValueTask DisposeAsync() => new(CloseAsync(_call, _folder, _out, _errors, _time));

    /// <returns>Null: it runs, or cannot be asked now.</returns>
    private async Task<ProcessNews?> EndAsync()
    {
        try
        {
            var status = await _call.ReadAsync(GuestExecStatus.Request(_pid), GuestExecStatus.Read);
            return status.Exited ? new ProcessNews.Ended(status.Exitcode, status.Signal) : null;
        }
        catch (GuestCallException e) when (e.IsPassing)
        {
            return null;
        }
        catch (GuestFaultException e)
        {
            return new ProcessNews.Lost(_pid, e.Message, e.Remedy);
        }
        catch (GuestCallException e)
        {
            return new ProcessNews.Lost(
                _pid,
                $"the agent no longer knows pid {_pid} ({e.Message}): it was restarted, or its reply was lost",
                "Check in the guest whether it completed."
            );
        }
    }

    private static async Task<string> PrepareAsync(
        AgentCall call, ExecRequest process, TimeProvider time, CancellationToken cancel)
    {
        // With an environment of its own it may be found elsewhere.
        var sought = process.Env is null || process.Path.StartsWith('/') ? process.Path : "";
        var end = await GuestProgram.ShellAsync(call, Prepare, [sought], StepLimit, time, cancel);
        var folder = end.Out.Trim();
        if (end.ExitCode == 0 && folder.StartsWith(Place, StringComparison.Ordinal)) return folder;
        var said = end.Errors.Trim() is { Length: > 0 } words
            ? words
            : $"its shell ended with {end.ExitCode?.ToString() ?? "a signal"}";
        throw end.ExitCode == 127 && sought.Length > 0
            ? new GuestFaultException(
                GuestFaultKind.Failed,
                $"The guest cannot run it: {said}.",
                "Name the program by its path in the guest."
            )
            : new GuestFaultException(
                GuestFaultKind.NotAllowed,
                $"The guest has no place for the output: {said}.",
                "It is written to /tmp while it is read. Without --stream it comes at the end, up to 16 MiB."
            );
    }

    private static async Task<OpenGuestFile> SpoolAsync(AgentCall call, string path, TimeProvider time, CancellationToken cancel)
    {
        try
        {
            return await OpenGuestFile.ForReadingAsync(call, path, time, cancel);
        }
        catch (GuestCallException e) when (e.IsNotAllowed || e.Reply is CallReply.AgentFailed)
        {
            throw new GuestFaultException(
                GuestFaultKind.NotAllowed,
                $"Output is streamed through a file, which this guest's agent does not read ({e.Message}).",
                "Allow guest-file-open, -read, -seek and -close in the guest (qemu-ga's --block-rpcs or --allow-rpcs). Without "
                    + "--stream the output comes at the end."
            );
        }
    }

    private static async Task CloseAsync(
        AgentCall call, string folder, OpenGuestFile? output, OpenGuestFile? errors, TimeProvider time)
    {
        if (output is not null) await output.DisposeAsync();
        if (errors is not null) await errors.DisposeAsync();
        try
        {
            await GuestProgram.ShellAsync(call, Remove, [folder], StepLimit, time, CancellationToken.None);
        }
        catch (Exception e) when (e is GuestCallException or GuestFaultException)
        {
            // A guest that is gone keeps a directory in its /tmp: its next boot removes it, or another stream, later.
        }
    }

    /// <summary>One of the two files, and how much of it was told.</summary>
    private sealed class Spool(OpenGuestFile file, bool isError)
    {
        private int _size = ChunkSize.First;

        public long At { get; private set; }

        public Task<long?> LengthAsync(CancellationToken cancel) => file.LengthAsync(cancel);

        /// <returns>Null: there is no more now.</returns>
        public async Task<ProcessNews.Said?> NextAsync(TimeProvider time, CancellationToken cancel)
        {
            var since = time.GetTimestamp();
            var chunk = await file.ReadAsync(At, _size, cancel);
            if (chunk.Bytes.Length == 0) return null;
            At += chunk.Bytes.Length;
            _size = ChunkSize.Next(_size, time.GetElapsedTime(since));
            return new ProcessNews.Said(isError, chunk.Bytes);
        }
    }
}
