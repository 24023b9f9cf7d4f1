using System.Text.Json.Nodes;
using QgaOrchestrator.Qemu.Hosts.Detection;

namespace QgaOrchestrator.Qemu.Hosts;

/// <summary>What a look at a host has shown, for each kind to find its own VMs in.</summary>
/// <param name="Root">Where the host's file system begins: / but in a test.</param>
/// <param name="Qemus">Those that no kind asked before has taken.</param>
/// <param name="Time">By which a kind waits for what it asks.</param>
public sealed record HostSight(string Root, IReadOnlyList<RunningQemu> Qemus, TimeProvider Time)
{
    public static HostSight Look(string root, TimeProvider time) => new(root, RunningQemu.All(root), time);
}

/// <summary>VMs of one kind that a host has.</summary>
/// <param name="Kind">The kind's name.</param>
/// <param name="Saw">What shows that the kind is here, a clause.</param>
/// <param name="Sources">For the config's Fleet.Sources.</param>
public sealed record DetectedVms(string Kind, string Saw, IReadOnlyList<JsonObject> Sources, IReadOnlyList<DetectedVm> Vms)
{
    /// <summary>What keeps the kind as a whole from being used; null: nothing.</summary>
    public VmObstacle? Missing { get; init; }
}

/// <summary>One of them.</summary>
/// <param name="Pid">Of its QEMU; null: it does not run, or it cannot be told.</param>
/// <param name="Missing">What it lacks; empty: nothing that can be seen from here.</param>
public sealed record DetectedVm(string Name, int? Pid, IReadOnlyList<VmObstacle> Missing);
