using QgaOrchestrator.Core.Tests.Simulation;

namespace QgaOrchestrator.Core.Tests.Vms;

/// <summary>What the world saw of one attempt: how often it froze the guest and cut its disks, and whether what its window claims
/// is true.</summary>
internal sealed class WindowWitness(World world, SimulatedGuest guest)
{
    private int _freezes;
    private int _cuts;
    private int _cutsWhileFrozen;

    public bool SawAFreeze => _freezes > 0;

    public void Begin() => (_freezes, _cuts, _cutsWhileFrozen) = (0, 0, 0);

    public void Freeze(bool callerLeft)
    {
        if (callerLeft) world.Break("the guest is frozen for a caller who had left");
        if (++_freezes > 1) world.Break("the guest was frozen twice in one attempt");
    }

    public void Cut()
    {
        world.Tell("the disks are cut");
        if (++_cuts > 1) world.Break("the disks were cut twice in one attempt");
        if (guest.IsWhollyFrozen) _cutsWhileFrozen++;
    }

    /// <param name="claimsACut">Its point claims a cut of frozen file systems.</param>
    public void Close(bool claimsACut)
    {
        if (guest.Frozen > 0) world.Break("the window is closed and its guest is frozen");
        if (claimsACut && _cutsWhileFrozen != 1)
            world.Break("the point claims a cut of frozen file systems that the guest did not see");
    }
}
