using System.Collections.Immutable;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Fleet.Directory;

/// <summary>
/// A VM that is moved has two QEMUs for a while, on two hosts or on one. They have one UUID and are one VM: that QEMU which has
/// the guest. Here is also what became of freezes whose QEMU went away: the guest may have taken them along.
/// </summary>
public sealed record VmMoves
{
    public static readonly VmMoves None = new();

    /// <summary>The last word of a QEMU that went away is kept for so long.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    private ImmutableDictionary<string, (FreezeWord Word, Moment At)> Left { get; init; } =
        ImmutableDictionary<string, (FreezeWord, Moment)>.Empty;

    /// <summary>Which QEMUs are copies: of a VM that is listed and is another QEMU. Two that both have a guest are two VMs,
    /// clones, and none is a copy.</summary>
    public static IReadOnlySet<VmId> Copies(IEnumerable<VmSight> all) => all.Where(vm => vm.Uuid is not null)
        .GroupBy(vm => vm.Uuid).Where(same => same.Skip(1).Any())
        .SelectMany(same => same.ToList() is var one && one.Any(vm => vm.CameIn)
            ? one.Where(vm => RankOf(vm) > one.Min(RankOf))
            : one.Where(vm => !vm.IsAway && RankOf(vm) > one.Min(RankOf)))
        .Select(vm => vm.Id).ToHashSet();

    /// <summary>The QEMU to which the guest of this one has gone; null: it has not, or nobody knows where.</summary>
    public static VmId? PlaceOf(VmId vm, string? uuid, IEnumerable<VmSight> all) => uuid is null
        ? null
        : all.FirstOrDefault(other => other.Uuid == uuid && other.Id != vm && TookIn(other))?.Id;

    /// <summary>Of many QEMUs those whose guests have gone to another one, as <see cref="PlaceOf"/> says of one.</summary>
    public static IEnumerable<VmId> Gone(IEnumerable<(VmId Vm, string? Uuid)> asked, IEnumerable<VmSight> all)
    {
        var places = all.Where(vm => vm.Uuid is not null && TookIn(vm)).ToLookup(vm => vm.Uuid!, vm => vm.Id);
        return places.Count == 0
            ? []
            : asked.Where(one => one.Uuid is { } uuid && places[uuid].Any(place => place != one.Vm)).Select(one => one.Vm);
    }

    /// <summary>Whether another QEMU has, or waits for, the guest of this one.</summary>
    public static bool HasCopy(VmId vm, string? uuid, IEnumerable<VmSight> all) => uuid is not null
        && all.Any(other => other.Uuid == uuid && other.Id != vm && (other.CameIn || other.RunState == QemuStates.Waits));

    /// <summary>Whose freeze a guest is under that came to this QEMU.</summary>
    public FreezeWord WordOn(VmId vm, string? uuid, IEnumerable<VmSight> all)
    {
        if (uuid is null) return FreezeWord.Unknown;
        var words = all.Where(other => other.Uuid == uuid && (other.Id != vm || other.Freeze == FreezeWord.Ours))
            .Select(other => other.Freeze).ToHashSet();
        return words.Contains(FreezeWord.Ours) ? FreezeWord.Ours
            : Left.TryGetValue(uuid, out var left) ? left.Word
            : words.Contains(FreezeWord.Others) ? FreezeWord.Others
            : FreezeWord.Unknown;
    }

    /// <summary>A QEMU is told otherwise than before.</summary>
    /// <param name="before">Null: it was not known.</param>
    /// <param name="after">Null: it is gone.</param>
    public VmMoves Changed(VmSight? before, VmSight? after, Moment now)
    {
        var left = Left;
        if (after is { Uuid: { } seen, IsSeenThawed: true }) left = left.Remove(seen);
        if (before is { Uuid: { } uuid, Freeze: not FreezeWord.Unknown }
            && after is not { Freeze: not FreezeWord.Unknown } and not { IsSeenThawed: true })
            left = left.RemoveRange(left.Where(one => now - one.Value.At > Kept).Select(one => one.Key))
                .SetItem(uuid, (before.Freeze, now));
        return ReferenceEquals(left, Left) ? this : this with { Left = left };
    }

    private static bool TookIn(VmSight vm) => vm is { CameIn: true, IsAway: false };

    /// <summary>The lower, the more it is the VM.</summary>
    private static int RankOf(VmSight vm) => vm switch
    {
        { RunState: QemuStates.Waits } => 3,
        { RunState: QemuStates.Left } => 2,
        { IsAway: true } => 1,
        _ => 0,
    };
}
