using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Core.Tests.Kinds.Backup;

public class PreflightRulesTests
{
    private static readonly PreflightFacts Fit = new("vm1")
    {
        RunState = "running",
        Guest = new GuestFacts(false, FreezeAnswer.Thawed, null),
        AgentVersion = "7.2.22",
        Coverage = new([new("disk0", DiskCover.Covered, null), new("disk1", DiskCover.Covered, null)], []),
        Age = TimeSpan.FromHours(1),
    };

    /// <summary>A case, what it does to a fit VM, and what is found with require and with prefer: a severity and some words
    /// each.</summary>
    private static readonly Dictionary<string, (PreflightFacts Facts, string[] Require, string[] Prefer)> Cases = new()
    {
        ["fit"] = (Fit, [], []),
        ["paused"] = (
            Fit with
            {
                RunState = "paused",
                Guest = Said(FreezeAnswer.Silent, "no answer"),
            },
            ["Blocking it is paused"],
            ["Blocking it is paused"]
        ),
        ["migrating"] = (Fit with { Migration = "active" }, ["Blocking migrating (active)"], ["Blocking migrating (active)"]),
        ["booted"] = (Fit with { Age = TimeSpan.FromSeconds(3.4) }, ["Notice started 3 s ago"], ["Notice started 3 s ago"]),
        ["silent"] = (
            Fit with { Guest = Said(FreezeAnswer.Silent, "no agent") },
            ["Unreachable no agent"],
            ["Notice no agent", "Notice class would be crash"]
        ),
        ["no agent's socket"] = (
            Fit with { Guest = Said(FreezeAnswer.NoAgent, "no socket") with { Remedy = "Give it one" } },
            ["Blocking no socket"],
            ["Notice no socket", "Notice class would be crash"]
        ),
        ["frozen by somebody else"] = (
            Fit with { Guest = Said(FreezeAnswer.Frozen) },
            ["Blocking frozen by somebody else"],
            ["Notice frozen by somebody else", "Notice class would be crash"]
        ),
        ["quarantined"] = (
            Fit with { Guest = Said(FreezeAnswer.Quarantined, "in quarantine") },
            ["Blocking in quarantine"],
            ["Notice in quarantine", "Notice class would be crash"]
        ),
        ["denied by policy"] = (
            Fit with { Guest = new GuestFacts(true, null, null) },
            ["Blocking policy denies"],
            ["Blocking policy denies"]
        ),
        ["refused, and nobody knows why"] = (
            Fit with { Guest = Said(FreezeAnswer.NotOffered, "disabled") },
            ["Blocking does not offer freezing: disabled"],
            ["Notice does not offer", "Notice class would be crash"]
        ),
        ["freeze disabled"] = (
            Lacks("guest-fsfreeze-freeze", CommandGap.Disabled),
            ["Blocking guest-fsfreeze-freeze disabled"],
            ["Notice guest-fsfreeze-freeze disabled", "Notice class would be crash"]
        ),
        ["refused, since it is disabled"] = (
            Lacks("guest-fsfreeze-status", CommandGap.Disabled) with { Guest = Said(FreezeAnswer.NotOffered, "x") },
            ["Blocking guest-fsfreeze-status disabled"],
            ["Notice guest-fsfreeze-status", "Notice class would be crash"]
        ),
        ["agent too old to freeze"] = (
            Lacks("guest-fsfreeze-freeze", CommandGap.TooOld),
            ["Blocking 7.2.22 is too old for guest-fsfreeze-freeze (2.2)"],
            ["Notice too old", "Notice class would be crash"]
        ),
        ["agent built without freezing"] = (
            Lacks("guest-fsfreeze-freeze", CommandGap.NotBuilt),
            ["Blocking built without guest-fsfreeze-freeze"],
            ["Notice built without", "Notice class would be crash"]
        ),
        ["agent too old to tell its file systems"] = (
            Lacks("guest-get-fsinfo", CommandGap.TooOld),
            ["Notice too old for guest-get-fsinfo (2.2): it is not known"],
            ["Notice too old for guest-get-fsinfo (2.2): it is not known"]
        ),
        ["files disabled"] = (
            Lacks("guest-file-open", CommandGap.Disabled),
            ["Notice no point says application"],
            ["Notice no point says application"]
        ),
        ["raw disk"] = (
            Fit with
            {
                Coverage = new([new("disk0", DiskCover.Covered, null), new("disk1", DiskCover.Uncovered, "it is raw")], []),
            },
            ["Notice crash: disk1 is uncovered: it is raw"],
            ["Notice disk1 is uncovered"]
        ),
        ["swap disk"] = (
            Fit with
            {
                Coverage = new([new("disk1", DiskCover.Uncovered, "it is raw")], []),
                Swaps = ["/dev/vdb"],
            },
            ["Notice the guest swaps on /dev/vdb"],
            ["Notice the guest swaps on /dev/vdb"]
        ),
        ["swap on a covered disk"] = (Fit with { Swaps = ["/swapfile"] }, [], []),
        ["beyond the cut"] = (
            Fit with { Coverage = new([], ["/srv (xfs) is on vhost0, which QEMU cannot cut"]) },
            ["Notice crash: /srv (xfs) is on vhost0"],
            ["Notice crash: /srv"]
        ),
        ["firmware's variables"] = (Fit with { Coverage = new([new("efi", DiskCover.Firmware, null)], []) }, [], []),
        ["left out"] = (
            Fit with { Outside = [new("scratch", "excluded"), new("cd0", "read-only"), new("tpm0", "tpm")] },
            ["Notice not in the point: scratch (excluded), cd0 (read-only)", "Notice state of tpm0"],
            ["Notice not in the point", "Notice tpm0"]
        ),
        ["left out by a wrong name"] = (
            Fit with { UnknownExclusions = ["sda"] },
            ["Notice excludes sda, and this VM has no disk"],
            ["Notice excludes sda"]
        ),
        ["network"] = (
            Mounts(new("/mnt", "nfs4", MountKind.Network), new("/srv", "cifs", MountKind.Network)),
            ["Notice /mnt (nfs4) and 1 more: its data is on no disk"],
            ["Notice /mnt"]
        ),
        ["loop"] = (
            Mounts(new UnfrozenMount("/tmp", "ext4", MountKind.Loop)), ["Notice /tmp (ext4): the freeze of a loop device"], ["Notice /tmp"]),
        ["overlay"] = (
            Mounts(new UnfrozenMount("/merged", "overlay", MountKind.Overlay)), ["Notice /merged (overlay)"], ["Notice /merged"]),
        ["vfat"] = (
            Mounts(new UnfrozenMount("/boot/efi", "vfat", MountKind.CannotFreeze)),
            ["Notice cannot freeze"],
            ["Notice cannot freeze"]
        ),
        ["target"] = (
            Fit with { Target = new(Severity.Blocking, "QEMU (uid 64055) may not write /x", "Let it") },
            ["Blocking uid 64055"],
            ["Blocking uid 64055"]
        ),
        ["bitmaps"] = (
            Fit with { BrokenBitmaps = ["disk0/nightly"] },
            ["Notice inconsistent dirty bitmaps: disk0/nightly"],
            ["Notice inconsistent dirty bitmaps: disk0/nightly"]
        ),
        ["warned by the method"] = (
            Fit with { MethodWarnings = [new(Severity.Notice, "QEMU 7.2 lets a guest's write fail", "Copy elsewhere")] },
            ["Notice QEMU 7.2 lets a guest's write fail"],
            ["Notice QEMU 7.2"]
        ),
        ["much"] = (
            Fit with
            {
                BrokenBitmaps = ["d/b"],
                Guest = Said(FreezeAnswer.Silent, "no agent"),
                Target = new(Severity.Blocking, "full", "Free"),
            },
            ["Blocking full", "Unreachable no agent", "Notice d/b"],
            ["Blocking full", "Notice no agent", "Notice class would be crash", "Notice d/b"]
        ),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_obstacle_is_reported_with_its_severity_and_a_remedy(string name)
    {
        var (facts, require, prefer) = Cases[name];
        AssertFinds(require, PreflightRules.Judge(facts, Consistency.Require));
        AssertFinds(prefer, PreflightRules.Judge(facts, Consistency.Prefer));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Where_no_freeze_is_wanted_nothing_of_the_guest_stops_the_item(string name)
    {
        var findings = PreflightRules.Judge(Cases[name].Facts with { Guest = null }, Consistency.None);
        Assert.Equal(
            name is "paused" or "migrating" or "target" or "much", findings.Any(finding => finding.Severity != Severity.Notice));
        if (name != "paused")
            Assert.Contains(findings, finding => finding.What.Contains("class would be crash", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Restart it", "Restart it")]
    [InlineData(null, "Check that qemu-ga runs in the guest: qgactl vm show vm1")]
    public void What_is_known_to_help_a_silent_agent_is_said(string? known, string remedy) => Assert.Equal(
        remedy,
        PreflightRules.Freeze(
            "vm1", Said(FreezeAnswer.Silent, "x") with { Remedy = known }, "running", Consistency.Require)!.Remedy);

    [Fact]
    public void Only_what_is_not_reached_counts_as_unreachable()
    {
        Assert.Equal(
            ItemState.Unreachable,
            PreflightRules.Freeze("vm1", Said(FreezeAnswer.Silent, "x"), "running", Consistency.Require)!.State
        );
        Assert.Equal(
            ItemState.Failed,
            PreflightRules.Freeze("vm1", Said(FreezeAnswer.Silent, "x"), "paused", Consistency.Require)!.State
        );
        Assert.Equal(
            ItemState.Failed,
            PreflightRules.Freeze("vm1", Said(FreezeAnswer.Frozen), "running", Consistency.Require)!.State
        );
    }

    [Fact]
    public void The_mounts_of_a_guest_are_read_as_its_kernel_writes_them()
    {
        var mounts = UnfrozenMount.Parse("""
            sysfs /sys sysfs rw,nosuid 0 0
            /dev/vda1 / ext4 rw,relatime 0 0
            /dev/vda15 /boot/efi vfat rw,relatime,fmask=0022 0 0
            tmpfs /run tmpfs rw,nosuid 0 0
            /dev/loop3 /snap/core/1 squashfs ro,nodev 0 0
            /dev/loop0 /tmp ext4 rw 0 0
            overlay /var/lib/docker/overlay2/a/merged overlay rw,lowerdir=/l 0 0
            nas:/export /mnt/my\040files nfs4 rw,vers=4.2 0 0
            host /mnt/host virtiofs rw 0 0
            user@h:/ /mnt/ssh fuse.sshfs rw,nosuid 0 0
            lxcfs /var/lib/lxcfs fuse.lxcfs rw 0 0
            /dev/sdb1 /mnt/ntfs fuseblk rw 0 0
            tank /tank zfs rw,xattr 0 0
            /dev/sr0 /media iso9660 ro 0 0
            """);
        Assert.Equal(
            [
                "/boot/efi CannotFreeze",
                "/tmp Loop",
                "/var/lib/docker/overlay2/a/merged Overlay",
                "/mnt/my files Network",
                "/mnt/host Network",
                "/mnt/ssh Network",
                "/mnt/ntfs CannotFreeze",
                "/tank CannotFreeze",
            ],
            mounts.Select(mount => $"{mount.Mountpoint} {mount.Kind}")
        );
    }

    [Fact]
    public void The_swaps_of_a_guest_are_read_as_its_kernel_writes_them() =>
        Assert.Equal(
            ["/dev/vdb", "/swapfile"],
            UnfrozenMount.ParseSwaps(
                "Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n/dev/vdb                                "
                    + "partition\t1048572\t0\t-2\n/swapfile file 1 0 -3\n/dev/zram0 partition 1 0 100\n"
            )
        );

    private static void AssertFinds(string[] expected, IReadOnlyList<Finding> findings)
    {
        Assert.True(expected.Length == findings.Count, string.Join("; ", findings));
        foreach (var (wanted, finding) in expected.Zip(findings))
        {
            var (severity, words) = (wanted.Split(' ')[0], wanted[(wanted.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
            Assert.Equal(severity, finding.Severity.ToString());
            Assert.Contains(words, finding.What, StringComparison.Ordinal);
            Assert.NotEmpty(finding.Remedy);
        }
    }

    private static GuestFacts Said(FreezeAnswer answer, string? reason = null) => new(false, answer, reason);

    private static PreflightFacts Lacks(string command, CommandGap gap) =>
        Fit with { Missing = [new MissingCommand(command, gap, "2.2")] };

    private static PreflightFacts Mounts(params UnfrozenMount[] mounts) => Fit with { Mounts = mounts };
}
