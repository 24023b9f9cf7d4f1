using System.Globalization;
using System.Text.Json;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

/// <summary>
/// A Proxmox host as its source names it: the cluster's file system (pmxcfs, at /etc/pve) and the directory of the sockets.
/// The folder that a VM's config lies in says which host owns the VM, and it is read afresh each time.
/// </summary>
/// <param name="Config">Where pmxcfs is mounted.</param>
/// <param name="Sockets">Where QEMU's sockets are, ID.qga and ID.qmp.</param>
/// <param name="TakesLock">A VM is locked while it is backed up.</param>
/// <param name="Root">Where the host's file system begins: / but in a test.</param>
internal sealed record ProxmoxSite(string Config, string Sockets, bool TakesLock, string Root)
{
    private const string Suffix = ".conf";

    /// <summary>This host's name in the cluster: /etc/pve/local leads to its folder.</summary>
    public string Node => LocalLink() ?? Environment.MachineName.Split('.')[0];

    /// <summary>The folder of this host's VMs.</summary>
    public string Guests => GuestsOf(Node);

    /// <summary>Proxmox's command for VMs.</summary>
    public string Qm => Program("qm");

    /// <summary>A program of this host, found by PATH.</summary>
    public string Program(string name) => Root == "/" ? name : Path.Combine(Root, "usr/sbin", name);

    public string AgentOf(int id) => SocketOf(id, "qga");

    public string MonitorOf(int id) => SocketOf(id, "qmp");

    public string ConfigOf(int id) => Path.Combine(Guests, ProxmoxVm.NameOf(id) + Suffix);

    /// <summary>The VMs whose configs lie in this host's folder.</summary>
    /// <exception cref="IOException">The folder is not there, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not ours to read.</exception>
    public IReadOnlyList<int> Ids() =>
    [
        .. Directory.EnumerateFiles(Guests, "*" + Suffix)
            .Select(path => IdOf(Path.GetFileNameWithoutExtension(path)))
            .OfType<int>()
            .Order(),
    ];

    /// <summary>Reads a VM's config; null: it does not lie in this host's folder.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not ours to read.</exception>
    public GuestConfig? Read(int id)
    {
        try
        {
            return GuestConfig.Parse(File.ReadAllText(ConfigOf(id)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // An empty /etc/pve is pmxcfs that does not run, and says nothing of any VM.
            return Directory.Exists(Guests) ? null : throw new IOException($"there is no {Guests}: pmxcfs does not run", e);
        }
    }

    /// <summary>The host whose folder holds the VM's config; null: none does.</summary>
    public string? OwnerOf(int id)
    {
        var nodes = Path.Combine(Config, "nodes");
        return Directory.Exists(nodes)
            ? Directory.EnumerateDirectories(nodes)
                .Where(node => File.Exists(Path.Combine(GuestsOf(node), ProxmoxVm.NameOf(id) + Suffix)))
                .Select(node => Path.GetFileName(node))
                .FirstOrDefault()
            : null;
    }

    /// <summary>Which host has each VM, as the cluster's list says (.vmlist); empty where there is none.</summary>
    public IReadOnlyDictionary<int, string> Owners()
    {
        var owners = new Dictionary<int, string>();
        if (Json(".vmlist") is not { } list) return owners;
        using (list)
        {
            if (!Has(list.RootElement, "ids", JsonValueKind.Object, out var ids)) return owners;
            foreach (var vm in ids.EnumerateObject())
                if (IdOf(vm.Name) is { } id && Has(vm.Value, "node", JsonValueKind.String, out var node))
                    owners[id] = node.GetString()!;
        }

        return owners;
    }

    /// <summary>Changes with whatever pmxcfs counts: its version and its list of VMs.</summary>
    public string Version() => Text(".version") + Text(".vmlist");

    /// <summary>The cluster's storages, by their names.</summary>
    public IReadOnlyDictionary<string, StorageConfig> Storages() => StorageConfig.Parse(Text("storage.cfg"));

    /// <summary>Whether vzdump works on this host: it holds a lock on a file (flock) for as long as it does.</summary>
    public bool IsVzdumpAtWork()
    {
        try
        {
            // As flock(LOCK_EX | LOCK_NB), and let go at once.
            using var probe = new FileStream(
                Path.Combine(Root, "var/run/vzdump.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>Why no VM can be locked: without a quorum pmxcfs refuses whatever would be written. Null: it can.</summary>
    public VmObstacle? NoQuorum()
    {
        const int ownerMayWrite = 0x80; // 0200
        var isReadOnly = (Libc.StatusOf(Guests).Mode & ownerMayWrite) == 0 || !Libc.IsWritable(Guests);
        return IsQuorate() && !isReadOnly
            ? null
            : new(
                $"the cluster has no quorum, so {Config} is read-only and no VM can be locked",
                "See pvecm status and bring the other hosts back; \"Lock\": false in the source backs up without a lock");
    }

    private static int? IdOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0 ? id : null;

    private static bool Has(JsonElement of, string name, JsonValueKind kind, out JsonElement value)
    {
        value = default;
        return of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out value) && value.ValueKind == kind;
    }

    /// <summary>A host that is in no cluster has a quorum by itself.</summary>
    private bool IsQuorate()
    {
        if (Json(".members") is not { } members) return true;
        using (members)
            return !Has(members.RootElement, "cluster", JsonValueKind.Object, out var cluster)
                || !Has(cluster, "quorate", JsonValueKind.Number, out var quorate) || quorate.GetInt32() != 0;
    }

    private JsonDocument? Json(string name)
    {
        try
        {
            return Text(name) is { Length: > 0 } text ? JsonDocument.Parse(text) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string Text(string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(Config, name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private string GuestsOf(string node) => Path.Combine(Config, "nodes", node, "qemu-server");

    private string SocketOf(int id, string kind) => Path.Combine(Sockets, $"{ProxmoxVm.NameOf(id)}.{kind}");

    private string? LocalLink()
    {
        try
        {
            return new FileInfo(Path.Combine(Config, "local")).LinkTarget is { } target
                ? Path.GetFileName(target.TrimEnd('/'))
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
