using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Node.Access;
using Points = QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Node.Http;

/// <summary>From the node's types to the API's.</summary>
public static class ApiMapping
{
    public static Vm ToApi(this VmStatus vm) => new(
        vm.Id.Name, vm.Id.ToString(), vm.Uuid, vm.Id.Host, vm.Labels,
        new(Lower(vm.Agent), vm.AgentVersion) { Reason = vm.AgentReason, Remedy = vm.AgentRemedy }, vm.Frozen)
    {
        Group = vm.Group,
        FrozenCertain = vm.FrozenCertain,
        FrozenSince = vm.FrozenSince,
        FrozenBy = vm.FrozenBy,
        Monitor = new(vm.RunState, vm.QemuVersion, vm.MonitorReason),
        Guest = vm.Inventory is { } guest
            ? new(guest.HostName, guest.Os, guest.OsId, guest.Kernel, guest.Addresses, guest.FileSystems)
            : null,
        NotUnderstood = vm.NotUnderstood is { Count: > 0 } odd ? odd : null,
        Run = vm.Run,
    };

    /// <param name="role">A viewer does not see what processes and commands are given.</param>
    public static Run ToApi(this RunSummary run, Role role) => new(run.Id, run.Kind, Lower(run.Phase), run.Counts.ToApi())
    {
        Select = run.Select,
        Options = Options(run.Options, role),
        CreatedAt = run.StartedAt,
        StartedAt = run.StartedAt,
        EndedAt = run.EndedAt,
        RetryOf = run.RetryOf,
        StartedBy = run.StartedBy,
        Reason = run.Reason,
        Waves = Waves(run),
    };

    private static RunWave[]? Waves(RunSummary run)
    {
        if (run.WaveEnds is not { } ends) return null;
        var turn = Core.Runs.Waves.Turn(ends, run.Counts);
        return
        [
            .. ends.Select(
                (end, i) => new RunWave(end - (i == 0 ? 0 : ends[i - 1]), State(i), i == turn ? run.SoaksUntil : null)
            ),
        ];

        string State(int wave) => wave switch
        {
            _ when wave < turn || run.Counts.Pending + run.Counts.Running == 0 && run.Counts.Cancelled == 0 => WaveStates.Done,
            _ when wave > turn || run.EndedAt is not null => WaveStates.Pending,
            _ => run.SoaksUntil is null ? WaveStates.Running : WaveStates.Soaking,
        };
    }

    /// <param name="progress">The item's progress, where it is known.</param>
    /// <param name="role">A viewer does not see what a process wrote.</param>
    public static ItemStatus ToApi(this RunItemView item, ItemProgress? progress, Role role) => new(
        item.Vm.Name, item.Vm.Host, item.Group, Lower(item.State), progress?.Step,
        role == Role.Viewer && item.Reason is { } reason
            ? Core.Kinds.Exec.ExecKind.WithoutWords(reason)
            : item.Reason, item.Remedy, item.Attempt,
        item.FrozenMs is { } ms ? (long)Math.Round(ms) : null, item.Point?.Id)
    {
        Index = item.Index,
        Class = item.Point?.Class,
        Bytes = item.Point?.Bytes,
        Note = progress?.Note,
        StartedAt = item.DispatchedAt,
        EndedAt = item.SettledAt,
    };

    public static RecoveryPoint ToApi(this Points.RecoveryPoint point) => new(
        point.Id, point.Vm, point.Uuid, point.Run, point.Group, point.Parent, point.Method, point.Class,
        [.. point.Disks.Select(ToApi)], point.Proof.ToApi())
    {
        Version = point.Version,
        Host = point.Host,
        Directory = point.Directory,
        Outside = point.Outside is { } outside ? [.. outside.Select(disk => new PointOutside(disk.Name, disk.Why))] : null,
    };

    private static PointDisk ToApi(Points.PointDisk disk) => new(disk.Index, disk.File, disk.Size, disk.Sha256)
    {
        Bytes = disk.Bytes,
        Qdev = disk.Qdev,
        Node = disk.Node,
        Covered = disk.Covered,
    };

    private static PointProof ToApi(this Points.PointProof proof) => new(
        proof.FrozenAt, proof.CutAt, proof.ThawedAt, proof.Frozen, proof.Thawed, proof.SkewMs, proof.Hooks)
    {
        FrozenAfterMs = proof.FrozenAfterMs,
        CutAfterMs = proof.CutAfterMs,
        ThawedAfterMs = proof.ThawedAfterMs,
        FrozenMs = proof.FrozenMs,
        Note = proof.Note,
    };

    private static RunItemCounts ToApi(this RunCounts counts) => new(
        counts.Total, counts.Succeeded, counts.Failed, counts.Unreachable, counts.Unknown, counts.Pending, counts.Running)
    {
        Cancelled = counts.Cancelled,
    };

    // In the form that POST takes: a kind's own options beside the common ones.
    private static JsonObject Options(RunOptions options, Role role)
    {
        var all = JsonSerializer.SerializeToNode(options, RunJson.Default.RunOptions)!.AsObject();
        foreach (var kind in RunKind.All)
        {
            if (!all.Remove(kind.Name, out var named) || named is not JsonObject own) continue;
            if (own.Remove("envNames", out var names)) own["env"] = names;
            if (own["env"] is JsonArray env)
                own["env"] = new JsonArray([.. env.Select(entry => (JsonNode)$"{$"{entry}".Split('=')[0]}=***")]);
            foreach (var hidden in role == Role.Viewer ? kind.OperatorOptions : [])
                if (own[hidden] is { } value) own[hidden] = Hidden(value);
            foreach (var (name, value) in own.ToArray())
            {
                own.Remove(name);
                all[name] = value;
            }
        }
        return all;
    }

    /// <summary>The number of values and the names of a command's arguments stay visible.</summary>
    private static JsonNode Hidden(JsonNode value) => value switch
    {
        JsonArray list => new JsonArray([.. list.Select(_ => (JsonNode)"***")]),
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, (JsonNode?)"***"))),
        _ => "***",
    };

    private static string Lower<T>(T state) where T : struct, Enum => state.ToString().ToLowerInvariant();
}
