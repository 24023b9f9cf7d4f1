using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Images;

namespace QgaOrchestrator.Qemu.Wire;

/// <summary>
/// Which other program QEMU serves on a socket, as <c>ss</c> (iproute2) sees it: the kernel tells who is behind which socket
/// only by netlink, and programs only to who may look at them.
/// </summary>
public static partial class SocketHolder
{
    // One at a time: a thousand busy channels are no reason for a thousand processes.
    private static readonly SemaphoreSlim Gate = new(1);

    /// <returns>As in "socat (pid 4711)"; null where that cannot be told, and where it is this process. Never throws for a
    /// missing tool.</returns>
    public static async Task<string?> FindAsync(string path, CancellationToken cancel = default)
    {
        await Gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            var told = new StringBuilder();
            await ToolProcess.RunAsync("ss", ["-xpH", "state", "established"], piece => told.Append(piece), cancel)
                .ConfigureAwait(false);
            return Of(told.ToString(), path, Environment.ProcessId);
        }
        catch (ImageException)
        {
            return null;
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>From what ss has told; a connection that QEMU has not taken yet belongs to no process.</summary>
    internal static string? Of(string told, string path, int self)
    {
        var sockets = told.Split('\n').Select(line => Line().Match(line)).Where(match => match.Success).ToList();
        var served = Serving(bound => bound == path);
        // QEMU may have been given another way to the socket, through a symbolic link.
        if (served.Count == 0 && RealPath.Of(path) is var real)
            served = Serving(bound => Path.GetFileName(bound) == Path.GetFileName(real) && RealPath.Of(bound) == real);
        return sockets
            .Where(socket => served.Contains(socket.Groups["inode"].Value))
            .Select(socket =>
                (Name: socket.Groups["name"].Value, Pid: int.Parse(socket.Groups["pid"].Value, CultureInfo.InvariantCulture))
            )
            .Where(holder => holder.Pid != self)
            .Select(holder => $"{holder.Name} (pid {holder.Pid})")
            .FirstOrDefault();

        HashSet<string> Serving(Func<string, bool> isIt) =>
            [.. sockets.Where(socket => isIt(socket.Groups["path"].Value)).Select(socket => socket.Groups["peer"].Value)];
    }

    [GeneratedRegex(
        """^u_str\s.*?\s(?<path>/.*?|@.*?|\*)\s+(?<inode>\d+)\s+\*\s+(?<peer>\d+)\s+users:\(\("(?<name>[^"]*)",pid=(?<pid>\d+)"""
    )]
    private static partial Regex Line();
}
