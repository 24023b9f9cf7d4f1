using System.Buffers;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Actors.Guests;

/// <summary>A file to be written into a guest.</summary>
/// <param name="Path">Absolute, in the guest.</param>
/// <param name="Part">Where it is written first, beside it; null: in place, where whoever reads it meanwhile sees a part.</param>
/// <param name="Bytes">All of the file's.</param>
/// <param name="Sha256">Of all of them, lower-case hex.</param>
/// <param name="Offset">So many are there already: the body holds the rest.</param>
/// <param name="Mode">Octal; null: as the file that is replaced.</param>
/// <param name="NewMode">Octal, of a file that is new.</param>
public sealed record FilePush(string Path, string? Part, long Bytes, string Sha256, long Offset, string? Mode, string NewMode);

/// <summary>
/// Writes a file into a guest chunk by chunk, one in memory, between the channel's other commands: beside its place, so that
/// nobody sees a part of it, then checked by its SHA-256, then renamed. What is broken off stays beside and is resumed.
/// </summary>
public sealed class GuestFilePush(AgentCall call, TimeProvider time)
{
    /// <summary>$1 is made anew, for nobody but the agent; $2 is its place.</summary>
    internal const string Begin = """
        umask 077
        if [ -d "$2" ]; then echo "$2 is a directory: name the file in it" >&2; exit 1; fi
        rm -f "$1"
        set -C
        : >"$1"
        """;

    /// <summary>$1 gets owner and mode - $3, or those of what it replaces, or $4 - and becomes $2.</summary>
    internal const string Place = """
        set -e
        if [ -d "$2" ]; then echo "$2 is a directory: name the file in it" >&2; exit 1; fi
        if [ -e "$2" ]; then
          chown "$(stat -c %u:%g "$2")" "$1"
          chmod "${3:-$(stat -c %a "$2")}" "$1"
        else
          chmod "${3:-$4}" "$1"
        fi
        sync "$1" 2>/dev/null || :
        mv -f "$1" "$2"
        if command -v restorecon >/dev/null; then restorecon "$2"; fi
        """;

    internal const string Mode = """
        chmod "$2" "$1"
        """;

    internal const string Remove = """
        rm -f "$1"
        """;

    private static readonly TimeSpan StepLimit = TimeSpan.FromSeconds(60);

    /// <returns>The digest of what is in the guest now, which is the one that was announced.</returns>
    /// <exception cref="GuestCallException">The agent refused a step, or has not come back in time.</exception>
    /// <exception cref="GuestFaultException">The guest lacks what it needs, or what arrived is not what was
    /// announced.</exception>
    public async Task<GuestDigest> RunAsync(FilePush push, Stream body, CancellationToken cancel)
    {
        var target = push.Part ?? push.Path;
        if (push is { Part: { } part, Offset: 0 }) await ShellAsync(Begin, [part, push.Path], cancel);
        try
        {
            await WriteAsync(push, target, body, cancel);
        }
        catch (Exception e)
            when (push.Part is not null
                && e
                    is (
                        GuestCallException { Reply: CallReply.AgentFailed }
                        or GuestFaultException { Kind: GuestFaultKind.Failed or GuestFaultKind.NotUnderstood }
                    )
            )
        {
            // A full file system, a failing disk: what is there would only take the room, and going on with it leads to the same
            // end.
            await RemoveAsync(target, cancel);
            throw;
        }
        var digest = await GuestDigest.OfAsync(call, target, push.Bytes, time, cancel);
        if (digest.Bytes != push.Bytes || digest.Sha256 != push.Sha256)
        {
            if (push.Part is not null)
                await RemoveAsync(target, cancel);
            throw new GuestFaultException(
                GuestFaultKind.Differs,
                $"{target} in the guest has another SHA-256 than what was sent ({digest.Sha256} for {push.Sha256}).",
                push.Part is null
                    ? "Copy it again: it is in place, and not what it should be."
                    : "Copy it again: nothing was put in place. If it happens again, see who else writes there."
            );
        }
        if (push.Part is not null) await ShellAsync(Place, [push.Part, push.Path, push.Mode ?? "", push.NewMode], cancel);
        else if (push.Mode is { } mode) await ShellAsync(Mode, [push.Path, mode], cancel);
        return digest;
    }

    private async Task WriteAsync(FilePush push, string target, Stream body, CancellationToken cancel)
    {
        await using var file = push is { Part: null, Offset: 0 }
            ? await OpenGuestFile.AnewAsync(call, target, time, cancel)
            : await OpenGuestFile.ForWritingAsync(call, target, time, cancel);
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkSize.Most);
        try
        {
            var at = push.Offset;
            for (var size = ChunkSize.First; ;)
            {
                var count = await body.ReadAtLeastAsync(buffer.AsMemory(0, size), size, throwOnEndOfStream: false, cancel);
                if (count == 0) break;
                if (at + count > push.Bytes) throw OtherLength(push, "more");
                var since = time.GetTimestamp();
                await file.WriteAsync(at, buffer.AsMemory(0, count), cancel);
                at += count;
                size = ChunkSize.Next(size, time.GetElapsedTime(since));
            }
            if (at != push.Bytes) throw OtherLength(push, $"{at}");
        }
        finally
        {
            // Another file's owner gets it next.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private static GuestFaultException OtherLength(FilePush push, string found) =>
        new(
            GuestFaultKind.BadRequest,
            $"{push.Bytes} bytes were announced, and {found} came.",
            "The file changed while it was sent, or the connection broke: send it again."
        );

    /// <summary>Whatever keeps it from being removed is not what its owner has to know of.</summary>
    private async Task RemoveAsync(string part, CancellationToken cancel)
    {
        try
        {
            await ShellAsync(Remove, [part], cancel);
        }
        catch (Exception e) when (e is GuestCallException or GuestFaultException)
        {
            // It stays, as after a channel that broke.
        }
    }

    private async Task ShellAsync(string script, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        GuestProgramEnd end;
        try
        {
            end = await GuestProgram.ShellAsync(call, script, arguments, StepLimit, time, cancel);
        }
        catch (GuestCallException e) when (
            e.Command == Qemu.Agent.Commands.GuestExec.Name && (e.IsNotAllowed || e.Reply is CallReply.AgentFailed))
        {
            throw new GuestFaultException(GuestFaultKind.NotAllowed,
                $"This guest's agent runs no /bin/sh ({Why(e)}), and so cannot rename a file into its place or set its mode.",
                "Allow guest-exec in the guest (qemu-ga's --block-rpcs or --allow-rpcs), or write the file itself: --in-place, "
                    + "without --mode."
            );
        }
        if (end.ExitCode != 0)
            throw new GuestFaultException(
                GuestFaultKind.Failed,
                $"A step in the guest failed: {LastLine(end.Errors)}.",
                "See the guest's file systems and rights: qemu-ga runs as root, unless SELinux or its unit confines it."
            );
    }

    private static string Why(GuestCallException e) => e.Reply switch
    {
        CallReply.Refused refused => refused.Reason,
        CallReply.AgentFailed failed => failed.Description,
        _ => e.Message,
    };

    private static string LastLine(string said) =>
        said.TrimEnd().Split('\n')[^1].Trim() is { Length: > 0 } line ? line.TrimEnd('.') : "it printed nothing";
}
