using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Node.Access;

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
        AsOf = vm.AsOf,
    };

    /// <summary>Of a run whose kind this node does not know, nothing is shown that only its kind can tell.</summary>
    /// <param name="role">A viewer does not see what guests are given.</param>
    public static Run ToApi(this RunSummary run, RunKinds kinds, Role role) => ToApi(run, kinds.Find(run.Kind), role);

    private static Run ToApi(RunSummary run, RunKind? kind, Role role) =>
        new(run.Id, run.Kind, Lower(run.Phase), run.Counts.ToApi())
        {
            Select = run.Select,
            Options = Options(run.Options, kind, role),
            CreatedAt = run.StartedAt,
            StartedAt = run.StartedAt,
            EndedAt = run.EndedAt,
            RetryOf = run.RetryOf,
            StartedBy = run.StartedBy,
            Reason = run.Reason ?? run.Waits,
            Waves = Waves(run),
            ItemColumns = kind is { ItemColumns: { Count: > 0 } columns } ? [.. columns.Select(ToApi)] : null,
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

    public static RunColumn ToApi(this ResultColumn column) => new(column.Name, column.Title, Lower(column.Format));

    /// <param name="progress">The item's progress, where it is known.</param>
    /// <param name="kind">The run's; null: this node does not know it.</param>
    /// <param name="role">A viewer does not see what a guest said.</param>
    public static ItemStatus ToApi(this RunItemView item, ItemProgress? progress, RunKind? kind, Role role)
    {
        var own = new ItemMembers(kind?.ItemValues(item.Values) ?? []);
        return new(
            item.Vm.Name, item.Vm.Host, item.Group, Lower(item.State), progress?.Step,
            role == Role.Viewer && item.Reason is { } reason ? kind?.ForViewers(reason) : item.Reason, item.Remedy,
            item.Attempt, own.FrozenMs, own.Point)
        {
            Index = item.Index,
            Class = own.Class,
            Bytes = own.Bytes,
            Values = own.Others,
            Note = progress?.Note ?? item.Note,
            StartedAt = item.DispatchedAt,
            EndedAt = item.SettledAt,
        };
    }

    public static Point ToApi(this RecoveryPoint point) => new(
        point.Id, point.Vm, point.Uuid, point.Run, point.Group, point.Parent, point.Method, point.Class,
        [.. point.Disks.Select(ToApi)], point.Proof.ToApi())
    {
        Version = point.Version,
        Host = point.Host,
        Directory = point.Directory,
        Outside = point.Outside is { } outside ? [.. outside.Select(disk => new DeviceOutside(disk.Name, disk.Why))] : null,
        Passwords = point.Passwords is { } passwords
            ? [.. passwords.Select(one => new PasswordAtCut(one.User, one.Generation))]
            : null,
        Machine = point.Machine?.ToApi(),
    };

    private static PointMachineFiles ToApi(this PointMachine machine) => new(
        machine.Kind,
        [.. machine.Files.Select(file => new MachineFile(file.File, file.Part, file.Bytes, file.Sha256, file.TakenAt))],
        machine.Disks,
        machine.Redacted,
        [.. machine.Missing.Select(missing => new MissingMachinePart(missing.Part, missing.Reason, missing.Remedy))]);

    private static PointImage ToApi(PointDisk disk) => new(disk.Index, disk.File, disk.Size, disk.Sha256)
    {
        Bytes = disk.Bytes,
        Qdev = disk.Qdev,
        Node = disk.Node,
        Covered = disk.Covered,
    };

    private static FreezeProof ToApi(this PointProof proof) => new(
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

    // In the form that POST takes: a kind's own options beside the common ones. Of an unknown kind nobody knows what is secret.
    private static JsonObject Options(RunOptions options, RunKind? kind, Role role)
    {
        var all = JsonSerializer.SerializeToNode(options with { Own = null }, RunJson.Default.RunOptions)!.AsObject();
        if (kind is null || options.Own is not { } kept || !kept.TryGetValue(kind.Name, out var json)) return all;
        if (JsonObject.Create(json) is not { } own) return all;
        kind.Show(own);
        foreach (var option in kind.OwnOptions.Where(option => role == Role.Viewer && option.IsForOperators))
            if (own[option.Name] is { } value) own[option.Name] = Hidden(value);
        foreach (var (name, value) in own.ToArray())
        {
            own.Remove(name);
            all[name] = value;
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
