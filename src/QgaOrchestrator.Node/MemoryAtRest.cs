namespace QgaOrchestrator.Node;

/// <summary>
/// Gives the memory that a start or a run took back to the host when the node is at rest. The collector alone keeps it: it
/// cannot know that nothing comes next. A collection stops the node for some 50 ms, so there is one for each busy time and none
/// while the node works.
/// </summary>
internal sealed class MemoryAtRest(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(20);

    /// <summary>Bytes allocated between two looks by a node that works for a fleet.</summary>
    private const long Busy = 64 << 20;

    /// <summary>A node that only beats, gossips and looks for VMs stays below: one of 4,500 allocates 14 MB.</summary>
    private const long Rest = 48 << 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var looks = new PeriodicTimer(LookEvery, time);
        var (before, wasBusy) = (0L, true); // with its start
        while (await looks.WaitForNextTickAsync(stoppingToken))
        {
            var now = GC.GetTotalAllocatedBytes();
            wasBusy |= now - before > Busy;
            if (wasBusy && now - before < Rest)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                wasBusy = false;
            }
            before = now;
        }
    }
}
