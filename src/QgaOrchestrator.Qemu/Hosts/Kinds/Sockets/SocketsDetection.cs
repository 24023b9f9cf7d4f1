using System.Globalization;
using System.Text.Json.Nodes;
using QgaOrchestrator.Qemu.Hosts.Detection;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;

/// <summary>Finds the patterns of the sockets that a host's QEMUs listen on.</summary>
internal static class SocketsDetection
{
    private const string
        AgentOptions = "-device virtio-serial -chardev socket,id=qga0,path=/run/vms/NAME/qga.sock,server=on,wait=off "
            + "-device virtserialport,chardev=qga0,name=org.qemu.guest_agent.0",
        MonitorOptions = "-qmp unix:/run/vms/NAME/qmp.sock,server=on,wait=off";

    public static DetectedVms? Detect(string kind, HostSight host)
    {
        if (host.Qemus.Count == 0) return null;
        var reached = host.Qemus.Where(qemu => qemu.Line.Agent is not null || qemu.Line.Monitor is not null).ToList();
        var patterns = Infer([.. reached.Select(Sockets)]);
        return new DetectedVms(
            kind,
            string.Create(CultureInfo.InvariantCulture, $"{host.Qemus.Count} running QEMU that nothing else manages"),
            [
                .. patterns
                    .Where(pair => pair.Agent is not null && !patterns.Any(pair.IsPartOf))
                    .Select(pair => Source(kind, pair)),
            ],
            [.. host.Qemus.Select(qemu => Describe(qemu, patterns))]);
    }

    /// <summary>The fewest patterns that name each VM as its sockets do; a VM that none of them names has to be placed by the
    /// fleet's file.</summary>
    public static IReadOnlyList<PatternPair> Infer(IReadOnlyList<VmSockets> vms)
    {
        List<PatternPair> found = [];
        var left = vms.ToList();
        while (left.Count > 0)
        {
            var best = left.SelectMany(vm => Candidates(vm, left)).Distinct()
                .Select(pair => (Pair: pair, Vms: left.Where(vm => pair.NameOf(vm) is not null).ToList()))
                .OrderByDescending(pair => pair.Vms.Count)
                .ThenByDescending(pair => pair.Vms.Count(vm => vm.Name == pair.Pair.NameOf(vm)))
                .ThenBy(pair => pair.Pair.Agent ?? pair.Pair.Monitor, StringComparer.Ordinal)
                .FirstOrDefault();
            if (best.Pair is null) break;
            found.Add(best.Pair);
            left.RemoveAll(best.Vms.Contains);
        }
        return found;
    }

    /// <summary>The VM's name stands in a path as QEMU was told it, or as the directory, or as what differs from its
    /// neighbours.</summary>
    private static IEnumerable<PatternPair> Candidates(VmSockets vm, IReadOnlyList<VmSockets> all)
    {
        var names = new List<string?> { vm.Name };
        foreach (var path in vm.Paths)
        {
            names.Add(Path.GetFileName(Path.GetDirectoryName(path)));
            var neighbours = all.SelectMany(other => other.Paths)
                .Where(other => Path.GetDirectoryName(other) == Path.GetDirectoryName(path))
                .Select(other => Path.GetFileName(other));
            names.AddRange(neighbours.Select(other => Difference(Path.GetFileName(path), other)));
        }
        return names.OfType<string>().Distinct()
            .Where(name => VmName.IsValid(name))
            .Select(name => new PatternPair(With(vm.Agent, name), With(vm.Monitor, name)))
            .Where(pair => pair.NameOf(vm) is not null);
    }

    private static string? Difference(string name, string other)
    {
        if (name == other) return null;
        var (start, end) = (0, 0);
        while (start < Math.Min(name.Length, other.Length) && name[start] == other[start]) start++;
        while (end < Math.Min(name.Length, other.Length) - start && name[^(end + 1)] == other[^(end + 1)]) end++;
        // Of vm1 and vm2 the name is vm1 and not 1: it begins where the word does.
        while (start > 0 && char.IsAsciiLetterOrDigit(name[start - 1])) start--;
        return name[start..^end];
    }

    /// <summary>The path with the last whole word that is the name replaced; null: it has none.</summary>
    private static string? With(string? path, string name)
    {
        for (var at = path?.Length ?? 0; at > 0;)
        {
            at = path!.LastIndexOf(name, at - 1, StringComparison.Ordinal);
            var end = at + name.Length;
            if (at > 0 && !char.IsAsciiLetterOrDigit(path[at - 1])
                && (end == path.Length || !char.IsAsciiLetterOrDigit(path[end])))
                return string.Concat(path.AsSpan(0, at), SocketPattern.Placeholder, path.AsSpan(end));
        }
        return null;
    }

    private static JsonObject Source(string kind, PatternPair pair)
    {
        var source = new JsonObject { ["Kind"] = kind, ["Hold"] = "exclusive", ["Agent"] = pair.Agent };
        if (pair.Monitor is not null) source["Monitor"] = pair.Monitor;
        return source;
    }

    private static DetectedVm Describe(RunningQemu qemu, IReadOnlyList<PatternPair> patterns)
    {
        var sockets = Sockets(qemu);
        var name = patterns.Select(pair => pair.NameOf(sockets)).FirstOrDefault(name => name is not null);
        return new DetectedVm(
            name ?? qemu.Line.Name ?? string.Create(CultureInfo.InvariantCulture, $"pid {qemu.Pid}"),
            qemu.Pid,
            [.. Missing(qemu.Line, named: name is not null)]);
    }

    private static IEnumerable<VmObstacle> Missing(QemuCommandLine line, bool named)
    {
        if (!line.HasAgentPort)
            yield return new("its QEMU has no channel for the guest's agent", $"Start it with {AgentOptions}");
        else if (line.Agent is null)
            yield return new("the agent's channel is no unix socket that QEMU listens on", $"Start it with {AgentOptions}");
        if (line.Monitor is null)
            yield return new(
                "it has no monitor (QMP) on a unix socket: it cannot be backed up", $"Start it with {MonitorOptions}");
        if (!named && line.Agent is not null)
            yield return new(
                $"nothing in {line.Agent} names this VM",
                "Place it by the fleet file (Fleet.File), with Name, Agent and Monitor");
    }

    private static VmSockets Sockets(RunningQemu qemu) => new(qemu.Line.Name, qemu.Line.Agent, qemu.Line.Monitor);
}

/// <summary>What one QEMU says of itself.</summary>
internal sealed record VmSockets(string? Name, string? Agent, string? Monitor)
{
    public IEnumerable<string> Paths => new[] { Agent, Monitor }.OfType<string>();
}

/// <summary>The patterns of one source; null: its VMs have no such socket.</summary>
internal sealed record PatternPair(string? Agent, string? Monitor)
{
    /// <summary>The VM's name by them; null: they do not fit.</summary>
    public string? NameOf(VmSockets vm)
    {
        var (agent, monitor) = (Name(Agent, vm.Agent), Name(Monitor, vm.Monitor));
        return (Agent is null) == (vm.Agent is null) && (Monitor is null) == (vm.Monitor is null)
            && (agent is null || monitor is null || agent == monitor) && (vm.Agent is null || agent is not null)
            && (vm.Monitor is null || monitor is not null)
            ? agent ?? monitor
            : null;
    }

    /// <summary>A source of the other finds these VMs, too.</summary>
    public bool IsPartOf(PatternPair other) => Monitor is null && other.Monitor is not null && Agent == other.Agent;

    private static string? Name(string? pattern, string? path) =>
        pattern is null || path is null ? null : new SocketPattern(pattern).NameOf(path);
}
