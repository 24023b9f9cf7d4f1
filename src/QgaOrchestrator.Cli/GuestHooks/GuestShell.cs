using System.Text;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Guests;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.GuestHooks;

/// <summary>A guest's files and its shell, through agent commands alone: whatever refuses one of them is told by the
/// node.</summary>
internal sealed class GuestShell(QgaClient client, string vm, TimeProvider time)
{
    /// <summary>An agent takes and gives far more; small pieces keep its channel free for a thaw.</summary>
    private const int Piece = 48 * 1024;

    /// <summary>Whoever keeps more in a script is told that it was not read.</summary>
    private const int MostRead = 256 * 1024;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <exception cref="ApiException">It cannot be opened, or the guest does not allow it.</exception>
    public async Task<byte[]> ReadAsync(string path, CancellationToken cancel)
    {
        var handle = await OpenAsync(path, "r", cancel).ConfigureAwait(false);
        try
        {
            using var content = new MemoryStream();
            while (content.Length < MostRead)
            {
                var piece = GuestFileRead.Read(
                    await CallAsync(GuestFileRead.Request(handle, Piece), cancel).ConfigureAwait(false));
                content.Write(piece.Bytes);
                if (piece.Eof)
                    return content.ToArray();
                if (piece.Bytes.Length == 0)
                    throw new CommandFailedException(
                        $"{path} in {vm} neither ends nor makes progress.",
                        "See in the guest what it is: a directory and a device are not scripts."
                    );
            }

            throw new CommandFailedException(
                $"{path} in {vm} is larger than {MostRead / 1024} KiB: it is not a script of ours.",
                "See it in the guest, and remove it if it is not needed."
            );
        }
        finally
        {
            await CloseAsync(handle).ConfigureAwait(false);
        }
    }

    /// <summary>(Re)writes the file from its beginning.</summary>
    public async Task WriteAsync(string path, byte[] content, CancellationToken cancel)
    {
        var handle = await OpenAsync(path, "w", cancel).ConfigureAwait(false);
        try
        {
            for (var at = 0; at < content.Length;)
            {
                var piece = content.AsMemory(at, Math.Min(Piece, content.Length - at));
                var written = GuestFileWrite.Read(
                    await CallAsync(GuestFileWrite.Request(handle, piece), cancel).ConfigureAwait(false));
                // May be less than was asked for.
                at += written.Count > 0 && written.Count <= piece.Length
                    ? (int)written.Count : throw new CommandFailedException(
                        $"{path} in {vm} cannot be written any further.", "See whether the guest's file system is full.");
            }
        }
        finally
        {
            await CloseAsync(handle).ConfigureAwait(false);
        }
    }

    /// <summary>Runs a script of sh; its arguments are $1, $2 and so on.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="CommandFailedException">It ended with another code than 0, or not within 30 s.</exception>
    public async Task<string> RunAsync(string script, IEnumerable<string> arguments, CancellationToken cancel)
    {
        var end = await new GuestProcessCall(client, vm, time)
            .RunAsync("/bin/sh", ["-c", script, "sh", .. arguments], null, null, Limit, cancel)
            .ConfigureAwait(false);
        if (end.ExitCode == 0)
            return Encoding.UTF8.GetString(end.Out);
        throw new CommandFailedException(
            $"A step in {vm} failed: {Encoding.UTF8.GetString(end.Errors).Trim()}",
            "See the guest's file systems and rights: qemu-ga runs as root, unless SELinux or its unit confines it."
        );
    }

    private async Task<long> OpenAsync(string path, string mode, CancellationToken cancel) =>
        GuestFileOpen.Read(await CallAsync(GuestFileOpen.Request(path, mode), cancel).ConfigureAwait(false));

    /// <summary>Also for a caller who has lost interest: a handle that stays open is the agent's until it ends.</summary>
    private Task<ReadOnlyMemory<byte>> CloseAsync(long handle) =>
        CallAsync(GuestFileClose.Request(handle), CancellationToken.None);

    private async Task<ReadOnlyMemory<byte>> CallAsync(AgentRequest request, CancellationToken cancel) =>
        ReplyBytes.Of(
            await client
                .CallAgentAsync(vm, request.Command, request.Arguments, new AgentCallOptions(), cancel)
                .ConfigureAwait(false)
        );
}
