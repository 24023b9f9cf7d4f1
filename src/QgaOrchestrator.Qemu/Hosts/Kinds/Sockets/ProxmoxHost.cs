using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;

/// <summary>
/// Whether this is a host of Proxmox VE, whose own tools speak to agents and monitors through the sockets in
/// /run/qemu-server. Who holds one of them makes vzdump's ping of the agent fail, and vzdump then backs the VM up without
/// freezing it, and says so in one line of its log.
/// </summary>
/// <param name="Root">Where the host's file system begins: / but in a test.</param>
internal sealed record ProxmoxHost(string Root)
{
    private string[] Sockets => [Path.Combine(Root, "run/qemu-server"), Path.Combine(Root, "var/run/qemu-server")];

    /// <summary>Looked at afresh each time: at the boot of a host its directories are made one after the other.</summary>
    public bool IsHere => Directory.Exists(Path.Combine(Root, "etc/pve")) && Sockets.Any(Directory.Exists);

    /// <summary>Why sockets at these paths may not be held so, a clause with its remedy; null: they may.</summary>
    /// <param name="paths">Of sockets, or patterns with {vm}; null where there is none.</param>
    public VmObstacle? Objection(SocketHold hold, params IEnumerable<string?> paths) =>
        hold == SocketHold.Exclusive && IsHere && paths.OfType<string>().Any(Reaches)
            ? new(
                "Proxmox's tools need the sockets in /run/qemu-server: while one is held, vzdump would back up the VM "
                + "without freezing it",
                "Use \"Hold\": \"per-command\" for the source whose pattern they match")
            : null;

    private bool Reaches(string path) => Sockets.Any(sockets => Leads(RealPath.Of(path), RealPath.Of(sockets)));

    /// <summary>Whether the path is in the directory, or may be by the VM's name.</summary>
    private static bool Leads(string path, string directory)
    {
        var (given, wanted) = (path.Split('/'), directory.Split('/'));
        return given.Length > wanted.Length
            && wanted.Zip(given).All(((string Is, string Given) part) => part.Is == part.Given || MayBe(part.Given, part.Is));
    }

    private static bool MayBe(string pattern, string name) =>
        pattern.Split(SocketPattern.Placeholder) is [var before, var after] && name.Length > before.Length + after.Length
        && name.StartsWith(before, StringComparison.Ordinal) && name.EndsWith(after, StringComparison.Ordinal);
}
