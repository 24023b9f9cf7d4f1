using System.Globalization;

namespace QgaOrchestrator.Simulator;

/// <summary>
/// A Proxmox host below a directory: a tree like that of pmxcfs, a directory of sockets, and a qm that sets and
/// releases locks and creates VMs.
/// </summary>
public sealed class FakeProxmox
{
    private int _version;

    /// <param name="root">Where the host's file system begins.</param>
    /// <param name="node">This host's name in the cluster.</param>
    public FakeProxmox(string root, string node = "pve1")
    {
        (Root, Node) = (Path.GetFullPath(root), node);
        Directory.CreateDirectory(GuestsOf(node));
        Directory.CreateDirectory(At("run/qemu-server"));
        Directory.CreateDirectory(At("var/run"));
        Directory.CreateDirectory(At("usr/sbin"));
        Directory.CreateSymbolicLink(At("etc/pve/local"), $"nodes/{node}");
        AddProgram("qm", Script);
        SetQuorum(true);
        Count();
    }

    public string Root { get; }

    public string Node { get; }

    public string Config => At("etc/pve");

    public string Sockets => At("run/qemu-server");

    public string Qm => At("usr/sbin/qm");

    /// <summary>The file that vzdump locks while it works.</summary>
    public string VzdumpLock => At("var/run/vzdump.lock");

    /// <summary>Each call of qm, as in "set 100 --lock backup".</summary>
    public IReadOnlyList<string> Calls => File.Exists(At("qm.log")) ? File.ReadAllLines(At("qm.log")) : [];

    public string ConfigOf(int id) => FileOf(Node, id);

    /// <summary>Writes a VM's config, whole.</summary>
    public void Write(int id, string config)
    {
        File.WriteAllText(ConfigOf(id) + ".tmp", config);
        File.Move(ConfigOf(id) + ".tmp", ConfigOf(id), overwrite: true);
        Count();
    }

    /// <summary>Its QEMU runs: the sockets of a simulated VM.</summary>
    public void Start(int id, SimulatedVm vm)
    {
        foreach (var (kind, path) in new[] { ("qga", vm.AgentPath), ("qmp", vm.MonitorPath) })
            File.CreateSymbolicLink(Path.Combine(Sockets, string.Create(CultureInfo.InvariantCulture, $"{id}.{kind}")), path);
    }

    /// <summary>What locks a VM; null: nothing.</summary>
    public string? LockOf(int id) => File.ReadAllLines(ConfigOf(id))
        .TakeWhile(line => !line.StartsWith('['))
        .FirstOrDefault(line => line.StartsWith("lock: ", StringComparison.Ordinal))?["lock: ".Length..];

    /// <summary>As another task of Proxmox's does it; null: unlocks.</summary>
    public void Lock(int id, string? name)
    {
        var lines = File.ReadAllLines(ConfigOf(id)).Where(line => !line.StartsWith("lock: ", StringComparison.Ordinal));
        Write(id, string.Join('\n', name is null ? lines : lines.Prepend($"lock: {name}")) + "\n");
    }

    /// <summary>As a migration does at its end.</summary>
    public void Move(int id, string node)
    {
        Directory.CreateDirectory(GuestsOf(node));
        File.Move(ConfigOf(id), FileOf(node, id));
        Count();
    }

    public void SetQuorum(bool quorate) => File.WriteAllText(
        Path.Combine(Config, ".members"),
        $$"""
        {"nodename": "{{Node}}", "version": 4, "cluster": {"name": "c", "nodes": 3, "quorate": {{(quorate ? 1 : 0)}} } }
        """);

    /// <summary>The cluster's storage.cfg.</summary>
    public void SetStorages(string text) => File.WriteAllText(Path.Combine(Config, "storage.cfg"), text);

    /// <summary>A program of the host's, in sh.</summary>
    public void AddProgram(string name, string script)
    {
        File.WriteAllText(At($"usr/sbin/{name}"), script);
        File.SetUnixFileMode(
            At($"usr/sbin/{name}"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Lines of sh that qm begins with; the words of its call are $1, $2, ...</summary>
    public void BeginQmWith(string script) => File.WriteAllText(At("qm.begin"), script);

    private string Script => $$"""
        #!/bin/sh
        conf={{GuestsOf(Node)}}/$2.conf
        echo "$@" >> {{At("qm.log")}}
        [ -f {{At("qm.begin")}} ] && . {{At("qm.begin")}}
        if [ $1 = create ]; then
            [ -f $conf ] && { echo "unable to create VM $2 - VM $2 already exists" >&2; exit 255; }
            shift 2
            while [ $# -gt 1 ]; do echo "${1#--}: $2"; shift 2; done > $conf
            exit 0
        fi
        [ -f $conf ] || { echo "Configuration file '$conf' does not exist" >&2; exit 2; }
        locked=$(sed -n '/^\[/q; s/^lock: *//p' $conf)
        case $1 in
        status)
            echo "status: stopped" ;;
        set)
            [ -z "$locked" ] || { echo "VM is locked ($locked)" >&2; exit 25; }
            { echo "lock: $4"; cat $conf; } > $conf.$$ && mv $conf.$$ $conf ;;
        unlock)
            sed '1,/^\[/{/^lock:/d}' $conf > $conf.$$ && mv $conf.$$ $conf ;;
        *)
            echo "unknown command $1" >&2; exit 255 ;;
        esac
        """;

    private string At(string path) => Path.Combine(Root, path);

    private string GuestsOf(string node) => At($"etc/pve/nodes/{node}/qemu-server");

    private string FileOf(string node, int id) =>
        Path.Combine(GuestsOf(node), id.ToString(CultureInfo.InvariantCulture) + ".conf");

    /// <summary>As pmxcfs counts its changes.</summary>
    private void Count()
    {
        _version++;
        var vms = from node in Directory.GetDirectories(At("etc/pve/nodes"))
                  from file in Directory.GetFiles(Path.Combine(node, "qemu-server"), "*.conf")
                  select $"\"{Path.GetFileNameWithoutExtension(file)}\": "
                      + $$"""{"node": "{{Path.GetFileName(node)}}", "type": "qemu", "version": 1}""";
        File.WriteAllText(
            Path.Combine(Config, ".vmlist"), $$"""{"version": {{_version}}, "ids": { {{string.Join(", ", vms)}} } }""");
        File.WriteAllText(Path.Combine(Config, ".version"), $$"""{"starttime": 1, "clinfo": 1, "vmlist": {{_version}}}""");
    }
}
