using System.Globalization;

namespace QgaOrchestrator.Simulator;

/// <summary>
/// The nodes of one QEMU process and the rules between them (QEMU 7.2): names are unique and at most 31 characters, a node
/// in use is not deleted. Jobs are in <see cref="BlockJobs"/>. All of it is guarded by <see cref="Sync"/>.
/// </summary>
public sealed class BlockGraph
{
    private readonly List<BlockNode> _nodes = [];
    private readonly BlockNode[] _roots;
    private readonly string[] _first;
    private int _generated = 100;

    internal BlockGraph(IReadOnlyList<SimulatedDisk> disks)
    {
        _roots = new BlockNode[disks.Count];
        foreach (var disk in disks)
        {
            var file = Insert(new BlockNode(Generate(), "file", disk.File, 393216) { IsInline = true });
            _roots[disk.Index] = Insert(new BlockNode(disk.Node, "qcow2", disk.File, disk.Size) { FileChild = file });
        }
        _first = [.. Names()];
    }

    internal Lock Sync { get; } = new();

    /// <summary>Newest first, as QEMU lists them.</summary>
    public IReadOnlyList<BlockNode> Nodes
    {
        get { lock (Sync) return [.. _nodes]; }
    }

    /// <summary>What is not as it was at the start: nodes added or gone, disks on another root. Empty: it ended as it
    /// began.</summary>
    public IReadOnlyList<string> Leftovers
    {
        get
        {
            lock (Sync)
            {
                return
                [
                    .. Names().Except(_first).Select(name => "added " + name),
                    .. _first.Except(Names()).Select(name => "gone " + name),
                    .. _roots.Where((root, i) => root.Name != $"disk{i}").Select(root => "root " + root.Name),
                ];
            }
        }
    }

    public BlockNode Root(SimulatedDisk disk)
    {
        lock (Sync) return _roots[disk.Index];
    }

    internal BlockNode Find(string name) =>
        _nodes.Find(node => node.Name == name) ?? throw new QemuException($"Cannot find device='{name}' nor node-name='{name}'");

    internal BlockNode Add(Arguments options, bool inline = false)
    {
        var name = options.TextOrNull("node-name");
        if (name is null && !inline) throw new QemuException("'node-name' must be specified for the root node");
        if (name is not null) CheckName(name);
        var driver = options.Text("driver");
        switch (driver)
        {
            case "file":
                var path = options.Text("filename");
                if (!File.Exists(path)) throw new QemuException($"Could not open '{path}': No such file or directory");
                return Insert(new BlockNode(name ?? Generate(), driver, path, new FileInfo(path).Length) { IsInline = inline });
            case "qcow2" or "raw":
                return AddFormat(name ?? Generate(), driver, options, inline);
            default:
                throw new QemuException($"Parameter 'driver' does not accept value '{driver}'");
        }
    }

    internal void Delete(string name)
    {
        var node = _nodes.Find(node => node.Name == name) ?? throw new QemuException(
            $"Failed to find node with node-name='{name}'");
        if (_roots.Contains(node)) throw new QemuException($"Node {name} is in use");
        if (node.Job is { } job)
            throw new QemuException($"Node '{name}' is busy: block device is in use by block job: {job.Type}");
        if (_nodes.Exists(other => other.FileChild == node || other.Backing == node))
            throw new QemuException($"Block device {name} is in use");
        _nodes.Remove(node);
        if (node.FileChild is { IsInline: true } file) _nodes.Remove(file);
    }

    /// <exception cref="QemuException">Another job holds it.</exception>
    internal static void CheckFree(BlockNode node)
    {
        if (node.Job is { } job)
            throw new QemuException($"Node '{node.Name}' is busy: block device is in use by block job: {job.Type}");
    }

    /// <exception cref="QemuException">It cannot be written: a disk of the guest is on it.</exception>
    internal void CheckTarget(BlockNode node)
    {
        CheckFree(node);
        var disk = Array.IndexOf(_roots, node);
        if (disk < 0)
            return;
        throw new QemuException(
            $"Could not create node: Permission conflict on node '{node.Name}': permissions 'write' are both required by "
            + $"node '{Generate()}' (uses node '{node.Name}' as 'target' child) and unshared by block device "
            + $"'/machine/peripheral/vd{disk}/virtio-backend' (uses node '{node.Name}' as 'root' child).");
    }

    internal BlockNode InsertFilter(BlockNode source) =>
        Insert(new BlockNode(Generate(), "copy-before-write", source.File, source.Size) { Backing = source });

    internal void Remove(BlockNode node) => _nodes.Remove(node);

    internal void CheckOverlay(BlockNode overlay)
    {
        CheckFree(overlay);
        if (_roots.Contains(overlay)) throw new QemuException("The overlay is already in use");
        if (overlay.Backing is not null) throw new QemuException("The overlay already has a backing image");
    }

    internal void PutOverlay(BlockNode node, BlockNode overlay)
    {
        overlay.Backing = node;
        MoveRoot(node, overlay);
    }

    internal void TakeOverlayOff(BlockNode node, BlockNode overlay)
    {
        MoveRoot(overlay, node);
        overlay.Backing = null;
    }

    internal void MoveRoot(BlockNode from, BlockNode to)
    {
        var disk = Array.IndexOf(_roots, from);
        if (disk >= 0) _roots[disk] = to;
    }

    private BlockNode AddFormat(string name, string driver, Arguments options, bool inline)
    {
        var file = options.Need("file") is { ValueKind: System.Text.Json.JsonValueKind.String } reference
            ? Find(reference.GetString()!) : Add(options.Object("file"), inline: true);
        try
        {
            if (_nodes.Find(other => other.FileChild == file) is { } user)
            {
                throw new QemuException(
                    $"Permission conflict on node '{file.Name}': permissions 'write, resize' are both required by node "
                    + $"'{user.Name}' (uses node '{file.Name}' as 'file' child) and unshared by node '{name}' (uses node "
                    + $"'{file.Name}' as 'file' child).");
            }
            var size = driver == "raw"
                ? file.Size
                : Qcow2Image.SizeOf(file.File) ?? throw new QemuException("Image is not in qcow2 format");
            var backing = options.TextOrNullNode("backing") is { } below ? Find(below) : null;
            return Insert(
                new BlockNode(name, driver, file.File, size) { FileChild = file, Backing = backing, IsInline = inline });
        }
        catch (QemuException)
        {
            if (file.IsInline) _nodes.Remove(file);
            throw;
        }
    }

    private void CheckName(string name)
    {
        if (name.Length > 31)
            throw new QemuException("Node name too long");
        if (
            name.Length == 0
            || !char.IsAsciiLetter(name[0])
            || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
        )
            throw new QemuException($"Invalid node-name: '{name}'");
        if (_nodes.Exists(node => node.Name == name)) throw new QemuException($"Duplicate nodes with node-name='{name}'");
    }

    private BlockNode Insert(BlockNode node)
    {
        _nodes.Insert(0, node);
        return node;
    }

    private string Generate() => string.Create(CultureInfo.InvariantCulture, $"#block{_generated++:000}");

    private IEnumerable<string> Names() => _nodes.Select(node => node.Name);
}
