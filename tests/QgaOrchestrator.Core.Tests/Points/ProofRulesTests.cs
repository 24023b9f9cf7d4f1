using CsCheck;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Points;

public class ProofRulesTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    private static readonly WindowRecord Held = new()
    {
        FreezeSent = At(0),
        FrozenAt = At(100),
        Frozen = 3,
        CutAt = At(150),
        ThawSent = At(151),
        ThawedAt = At(160),
        Thawed = 3,
    };

    internal static readonly ProofFacts Good = new(
        Held, Lease, IsWindows: false, HooksReported: false, [DiskCover.Covered, DiskCover.Covered], Contained: true);

    public static TheoryData<string, string> Cases => new()
    {
        { "as it should be", "Filesystem" },
        { "hooks reported", "Application" },
        { "windows", "Application" },
        { "no window", "Crash" },
        { "nothing froze", "Crash" },
        { "cut not seen", "Crash" },
        { "cut after the thaw was sent", "Crash" },
        { "cut before frozen", "Crash" },
        { "fewer thawed", "Crash" },
        { "more thawed", "Crash" },
        { "thaw not counted", "Crash" },
        { "thaw's error", "Crash" },
        { "over the lease", "Crash" },
        { "broken", "Crash" },
        { "one disk uncovered", "Crash" },
        { "one disk unknown", "Crash" },
        { "firmware's variables besides", "Filesystem" },
        { "firmware's variables only", "Crash" },
        { "a frozen file system beyond the cut", "Crash" },
        { "no disk", "Crash" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_class_follows_from_what_was_seen(string what, string expected) =>
        Assert.Equal(expected, ProofRules.Classify(Facts(what)).ToString());

    private static ProofFacts Facts(string what) => what switch
    {
        "as it should be" => Good,
        "hooks reported" => Good with { HooksReported = true },
        "windows" => Good with { IsWindows = true },
        "no window" => Good with { Window = null },
        "nothing froze" => Good with { Window = Held with { Frozen = 0, Thawed = 0 } },
        "cut not seen" => Good with { Window = Held with { CutAt = null, CutOrdered = true } },
        "cut after the thaw was sent" => Good with { Window = Held with { CutAt = At(155) } },
        "cut before frozen" => Good with { Window = Held with { CutAt = At(99) } },
        "fewer thawed" => Good with { Window = Held with { Thawed = 2 } },
        "more thawed" => Good with { Window = Held with { Thawed = 4 } },
        "thaw not counted" => Good with { Window = Held with { Thawed = null } },
        "thaw's error" => Good with { Window = Held with { ThawError = "couldn't hold writes" } },
        "over the lease" => Good with { Window = Held with { ThawedAt = At(10_101) } },
        "broken" => Good with { Window = Held with { Broken = "the guest was reset" } },
        "one disk uncovered" => Good with { Disks = [DiskCover.Covered, DiskCover.Uncovered] },
        "one disk unknown" => Good with { Disks = [DiskCover.Unknown, DiskCover.Covered] },
        "firmware's variables besides" => Good with { Disks = [DiskCover.Covered, DiskCover.Firmware] },
        "firmware's variables only" => Good with { Disks = [DiskCover.Firmware] },
        "a frozen file system beyond the cut" => Good with { Contained = false },
        "no disk" => Good with { Disks = [] },
        _ => throw new ArgumentOutOfRangeException(nameof(what), what, null),
    };

    /// <summary>To have seen less never proves more. What speaks against a point (broken, an error) is no such fact: to
    /// have seen it never raises the class.</summary>
    [Fact]
    public void Taking_any_fact_away_never_raises_the_class()
    {
        Func<ProofFacts, ProofFacts>[] less =
        [
            f => f with { Window = null },
            f => f with { IsWindows = false },
            f => f with { HooksReported = false },
            f => f with { Disks = [.. f.Disks.Select(_ => DiskCover.Unknown)] },
            f => f with { Disks = [.. f.Disks.Select((disk, i) => i == 0 ? DiskCover.Unknown : disk)] },
            f => f with { Disks = [] },
            f => f with { Contained = false },
            f => Seen(f, w => w with { FrozenAt = null }),
            f => Seen(f, w => w with { Frozen = null }),
            f => Seen(f, w => w with { CutAt = null }),
            f => Seen(f, w => w with { ThawSent = null }),
            f => Seen(f, w => w with { ThawedAt = null }),
            f => Seen(f, w => w with { Thawed = null }),
            f => Seen(f, w => w with { Broken = "it broke" }),
            f => Seen(f, w => w with { ThawError = "thaw failed" }),
        ];
        AnyFacts.Sample(
            facts => Assert.All(less, take => Assert.True(ProofRules.Classify(take(facts)) <= ProofRules.Classify(facts))));
    }

    private static readonly Gen<Moment?> Times = Gen.OneOf(
        Gen.Const((Moment?)null), Gen.Int[0, 12_000].Select(ms => (Moment?)At(ms)));

    private static readonly Gen<WindowRecord> Records = Gen.Select(
        Gen.Select(Times, Times, Times, Times), Gen.Int[0, 3].Nullable(), Gen.Int[0, 3].Nullable(), Gen.Int[0, 9],
        (t, frozen, thawed, bad) => new WindowRecord
        {
            FrozenAt = t.Item1,
            CutAt = t.Item2,
            ThawSent = t.Item3,
            ThawedAt = t.Item4,
            Frozen = frozen,
            Thawed = thawed,
            Broken = bad == 0 ? "it broke" : null,
            ThawError = bad == 1 ? "thaw failed" : null,
        });

    private static readonly Gen<ProofFacts> AnyFacts = Gen.Select(
        Gen.OneOf(Gen.Const(Held), Records), Gen.Bool, Gen.Bool, Gen.Int[0, 6]
            .Select(i => i < 3 ? DiskCover.Covered : (DiskCover)(i - 3)).Array[0, 3], Gen.Int[0, 3],
        (window, windows, hooks, disks, beyond) => new ProofFacts(window, Lease, windows, hooks, disks, Contained: beyond > 0));

    private static ProofFacts Seen(ProofFacts facts, Func<WindowRecord, WindowRecord> change) =>
        facts.Window is { } window ? facts with { Window = change(window) } : facts;

    private static Moment At(int ms) => new(TimeSpan.FromMilliseconds(ms), DateTimeOffset.UnixEpoch.AddMilliseconds(ms));
}
