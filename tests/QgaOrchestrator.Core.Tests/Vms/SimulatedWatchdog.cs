using QgaOrchestrator.Core.Tests.Simulation;

namespace QgaOrchestrator.Core.Tests.Vms;

/// <summary>The watchdog of a simulated node: thaws what the ledger names when the node has ended, and may itself be
/// killed.</summary>
/// <param name="nodeIsUp">It is looked at, never asked.</param>
/// <param name="ledgerNames">The ledger has an entry.</param>
/// <param name="removeEntry">It is thawed.</param>
internal sealed class SimulatedWatchdog(
    World world, SimulatedGuest guest, Func<bool> nodeIsUp, Func<bool> ledgerNames, Action removeEntry)
{
    private int _life;

    public bool IsUp { get; private set; } = true;

    /// <summary>It is at it, and has the VM's lock.</summary>
    public bool Thaws { get; private set; }

    public void SeeTheNodeEnd(double after)
    {
        var life = _life;
        world.At(after, () => Thaw(life));
    }

    public void End()
    {
        if (!IsUp) return;
        world.Tell("the watchdog is killed");
        (IsUp, Thaws) = (false, false);
        _life++;
        world.At(world.Next(200, 3_000), () =>
        {
            world.Tell("the watchdog begins");
            IsUp = true;
            guest.Excuse(12_500);
            if (!nodeIsUp()) Thaw(_life);
        });
    }

    private void Thaw(int life)
    {
        if (life != _life) return;
        Thaws = !nodeIsUp() && ledgerNames() && guest.Up;
        if (!Thaws) return;
        world.Tell("the watchdog thaws");
        guest.Settle(() => life == _life, newLink: true, countLost: false, _ =>
        {
            world.Tell("the watchdog has thawed");
            removeEntry();
            Thaws = false;
        }, _ => world.At(250, () => Thaw(life)));
    }
}
