using System.Globalization;
using System.Text.Json.Serialization;
using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Qemu.Cut.Methods;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>Kind backup: a recovery point of each VM.</summary>
public sealed class BackupRunKind : RunKind
{
    /// <summary>Where its drafts lie, by name in the node's data directory.</summary>
    internal const string DraftDirectory = "drafts";

    /// <summary>1 TiB a second: beyond it a limit is none.</summary>
    private const long MostBandwidth = 1L << 40;

    public override string Name => BackupKind.Name;

    public override string Help => "makes a recovery point of each VM";

    public override bool NeedsSelector => false;

    public override bool RepeatsElsewhere => true;

    public override CountOrPercent MaxFailures => BackupKind.MaxFailures;

    public override IReadOnlyList<RunStep> Steps =>
        [BackupKind.Prepare, BackupKind.Window, BackupKind.Copy, BackupKind.Verify, BackupKind.Catalog];

    public override IReadOnlyList<string> Directories => [DraftDirectory];

    public override IReadOnlyList<OptionInfo> OwnOptions { get; } = KnownBackupOptions.Of(
        CutMethods.Names,
        CutMethods.Options.Select(own => (own.Option.Name, own.Option.Value, own.Option.Help, own.Methods)));

    public override IReadOnlyList<ResultColumn> ItemColumns { get; } =
    [
        new("frozenMs", "FROZEN FOR", ColumnFormat.Milliseconds),
        new("class", "CLASS"),
        new("bytes", "SIZE", ColumnFormat.Bytes),
    ];

    /// <summary>A member that is null is shown, too.</summary>
    public override OwnValues ItemValues(OwnValues? kept)
    {
        var values = BackupValues.Of(kept);
        long? frozen = values.FrozenMs is { } ms ? (long)Math.Round(ms) : null;
        return OwnValues.Of(
            new BackupItemValues(frozen, values.Point?.Id, values.Point?.Class, values.Point?.Bytes),
            BackupItemJson.Default.BackupItemValues);
    }

    public override IEnumerable<string> AuditDetails(OwnValues? kept)
    {
        var values = BackupValues.Of(kept);
        if (values.FrozenMs is { } ms) yield return string.Create(CultureInfo.InvariantCulture, $"frozen {ms:0} ms");
        if (values.Point is { } point) yield return $"point {point.Id}, {point.Class}";
    }

    public override PointMade? PointOf(OwnValues? kept) => BackupValues.Of(kept).Point;

    public override string? InsteadOf(string command) => command is "guest-fsfreeze-freeze" or "guest-fsfreeze-freeze-list"
        ? $"a run of kind {Name} freezes, cuts and thaws"
        : null;

    public override bool Freezes => true;

    protected override string? GroupBy(RunOptions options) => BackupOptions.Of(options)?.GroupBy;

    public override string? Target(RunOptions options) => BackupOptions.Of(options)?.Target;

    public override Props Worker(ItemPlace place) => ActorProps.Of(
        () => new BackupItem(place.Order, place.Services, place.Spec, place.Machine, place.Channel));

    public override Props Checker(ItemPlace place) => ActorProps.Of(
        () => new PreflightItem(place.Order, place.Services, place.Spec, place.Machine, place.Channel));

    public override Task<IReadOnlyList<string>> SweepAsync(
        VmServices services, VmSpec vm, IMachine machine, IReadOnlySet<string> unsettled, CancellationToken cancel) =>
        vm.Kind.CutMethods.SweepAsync(BackupCut.JobOf(services, vm, machine), unsettled, cancel);

    protected override RunOptions Read(RunOptions run, RunOptionReader reader)
    {
        var target = reader.Text(KnownBackupOptions.Target);
        if (target is not null && !target.StartsWith('/'))
            reader.Fail(KnownBackupOptions.Target, "expected an absolute path: it is the same for QEMU and node");
        var consistency = reader.OneOf<Consistency>(KnownBackupOptions.Consistency) ?? Consistency.Require;
        var bandwidth = reader.Bytes(KnownBackupOptions.Bandwidth, MostBandwidth);
        var groupBy = reader.Text(KnownBackupOptions.GroupBy);
        var method = reader.Text(KnownBackupOptions.Method) ?? CutMethods.Default;
        var own = MethodOptions(reader);
        foreach (var fault in CutMethods.Check(method, own)) reader.Fail(fault.Option, fault.Reason);
        return reader.Errors.Count > 0
            ? run
            : new BackupOptions(method, target, consistency, bandwidth, groupBy).With(own).In(run);
    }

    /// <summary>Those that some method has as its own, as far as they were given.</summary>
    private static Dictionary<string, string> MethodOptions(RunOptionReader reader)
    {
        var own = new Dictionary<string, string>();
        foreach (var (option, _) in CutMethods.Options)
            if (reader.Text(option.Name) is { } value) own[option.Name] = value;
        return own;
    }
}

/// <summary>What HTTP shows of a backup's item.</summary>
internal sealed record BackupItemValues(long? FrozenMs, string? Point, string? Class, long? Bytes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BackupItemValues))]
internal sealed partial class BackupItemJson : JsonSerializerContext;
