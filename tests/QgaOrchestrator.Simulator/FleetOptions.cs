namespace QgaOrchestrator.Simulator;

public sealed record FleetOptions
{
    /// <summary>Disks per VM: disk0, disk1, ...</summary>
    public int Disks { get; init; } = 2;

    /// <summary>Virtual size of a disk in bytes; the files themselves are a few clusters.</summary>
    public long DiskSize { get; init; } = 64L << 20;

    /// <summary>How long a backup job copies where no speed limits it.</summary>
    public TimeSpan CopyTime { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Before each command of the agent.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Before each freeze, on top of <see cref="Latency"/>.</summary>
    public TimeSpan FreezeLatency { get; init; }

    /// <summary>Part of the fleet (0 to 1) whose agent reads and never answers.</summary>
    public double Mute { get; init; }

    /// <summary>
    /// Part of the fleet whose freeze does not come back: the hook hangs, nothing is frozen yet, and no other client is served.
    /// </summary>
    public double HangFreeze { get; init; }

    /// <summary>After this it continues, and freezes late; null: never.</summary>
    public TimeSpan? HangFreezeFor { get; init; }

    /// <summary>Chance for which VMs are faulty, for jitter, and for the UUIDs.</summary>
    public int Seed { get; init; } = 1;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where a disk is mounted, by its index; null: no file system on it, so no freeze covers it.</summary>
    public Func<int, string?> Mountpoint { get; init; } = index => index == 0 ? "/" : $"/data{index}";

    /// <summary>Name of a VM by its number from 0.</summary>
    public Func<int, string> Name { get; init; } = number => $"vm{number + 1:000}";
}
