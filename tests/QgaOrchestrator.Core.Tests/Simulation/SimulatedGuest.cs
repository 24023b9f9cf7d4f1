namespace QgaOrchestrator.Core.Tests.Simulation;

/// <summary>
/// A guest with its file systems and its serial agent, and the one link to that agent: whoever speaks waits for one answer,
/// and an answer reaches only the link that was asked on.
/// </summary>
internal sealed class SimulatedGuest
{
    private readonly World _world;
    private readonly string _name;
    private readonly int _fileSystems;
    private readonly bool _freezesHalf;
    private bool _held;
    private double _frozenSince;
    private double _excused;
    private int _agent;
    private double _busyUntil;
    private int _link;
    private Action? _waiting;

    public SimulatedGuest(World world, string name)
    {
        (_world, _name) = (world, name);
        _fileSystems = world.OneIn(20) ? 0 : world.Next(1, 4);
        _freezesHalf = world.OneIn(15);
    }

    /// <summary>Its QEMU runs.</summary>
    public bool Up { get; private set; } = true;

    public bool AgentUp { get; private set; } = true;

    public int Frozen { get; private set; }

    /// <summary>Which freeze it is in, counted from 1.</summary>
    public int Freezes { get; private set; }

    /// <summary>How long each freeze lasted, as the guest saw it.</summary>
    public Dictionary<int, double> Lasted { get; } = [];

    /// <summary>All of its file systems are frozen, and have been since they froze.</summary>
    public bool IsWhollyFrozen => _held && Frozen == _fileSystems && Frozen > 0;

    /// <summary>Told when the link is lost under whoever holds it.</summary>
    public Action<string> LinkLost { get; set; } = _ => { };

    /// <summary>Until then nobody can be blamed: who would thaw has just ended, or waits for an answer that will not
    /// come.</summary>
    public void Excuse(double ms) => _excused = Math.Max(_excused, _world.Ms + ms);

    public void Watch(TimeSpan lease, bool guarded)
    {
        if (Frozen == 0 || !AgentUp || !guarded) return;
        if (_world.Ms > Math.Max(_frozenSince + lease.TotalMilliseconds, _excused) + 2_000)
            _world.Break($"{_name} answers and is frozen past its lease");
    }

    public long Freeze()
    {
        if (Frozen > 0) return -1;
        Frozen = _freezesHalf && _fileSystems > 1 ? _fileSystems - 1 : _fileSystems;
        Freezes++;
        (_frozenSince, _held) = (_world.Ms, true);
        _world.Tell($"{_name}: {Frozen} file systems are frozen");
        return Frozen == _fileSystems ? Frozen : -1;
    }

    public long Thaw()
    {
        var thawed = Frozen;
        Unfreeze();
        if (thawed > 0) _world.Tell($"{_name}: {thawed} file systems are thawed");
        return thawed;
    }

    public void EndAgent()
    {
        if (!AgentUp) return;
        _world.Tell($"{_name}: the agent ends");
        AgentUp = false;
        _agent++;
        _world.At(_world.Next(100, 5_000), BeginAgent);
    }

    public void LoseLink()
    {
        _world.Tell($"{_name}: the link to the agent is lost");
        DropLink();
        LinkLost("the link was lost");
    }

    public void Reset()
    {
        _world.Tell($"{_name} is reset");
        Unfreeze();
        EndAgent();
    }

    public void EndQemu()
    {
        _world.Tell($"{_name}: QEMU ends");
        (Up, AgentUp) = (false, false);
        _agent++;
        Unfreeze();
        DropLink();
    }

    public void BeginQemu()
    {
        _world.Tell($"{_name}: QEMU begins");
        Up = true;
        BeginAgent();
    }

    public void DropLink()
    {
        _link++;
        var waiting = _waiting;
        _waiting = null;
        waiting?.Invoke();
    }

    /// <summary>Which link is open: another one later means that this one was lost.</summary>
    public int Link => _link;

    /// <summary>One command to the agent, executed in its turn.</summary>
    public void Ask(Func<bool> alive, double takes, double limit, Func<long> execute, Action<long> answered, Action silent)
    {
        var (link, agent, open) = (_link, _agent, true);
        void Once(Action then)
        {
            if (!open || !alive()) return;
            open = false;
            then();
        }
        Action waiting = () => Once(silent);
        _waiting = waiting;
        _world.At(limit, waiting);
        if (!AgentUp) return;
        var begins = Math.Max(_world.Ms, _busyUntil);
        _busyUntil = begins + takes;
        _world.At(begins - _world.Ms, () =>
        {
            if (agent != _agent || link != _link) return; // QEMU drops what the agent has not taken
            _world.At(takes, () =>
            {
                if (agent != _agent) return;
                var answer = execute();
                _world.At(_world.Next(1, 5), () =>
                {
                    if (link == _link) Once(() => answered(answer));
                });
            });
        });
    }

    /// <summary>As Settlement does: sync on a new link, thaw, status.</summary>
    /// <param name="alive">Whoever asks is still there.</param>
    /// <param name="newLink">Not over the freeze's own link.</param>
    /// <param name="countLost">An earlier thaw's count was never read.</param>
    /// <param name="settled">With how many thawed, null where nobody can say.</param>
    /// <param name="unsettled">With whether this thaw's count is lost, too.</param>
    public void Settle(Func<bool> alive, bool newLink, bool countLost, Action<long?> settled, Action<bool> unsettled)
    {
        if (newLink)
        {
            _waiting = null;
            DropLink();
            Ask(
                alive,
                1,
                2_000,
                () => 0,
                _ => Settle(alive, newLink: false, countLost, settled, unsettled),
                () => unsettled(countLost)
            );
            return;
        }
        Ask(alive, _world.Slow(1, 200, 1_500), 10_000, Thaw, thawed => Ask(alive, 1, 2_000, () => Frozen, frozen =>
        {
            if (frozen == 0) settled(countLost ? null : thawed);
            else unsettled(true);
        }, () => unsettled(true)), () => unsettled(true));
    }

    private void BeginAgent()
    {
        if (!Up || AgentUp) return;
        _world.Tell($"{_name}: the agent begins");
        (AgentUp, _busyUntil) = (true, _world.Ms);
        Excuse(12_500); // whoever waits for the former agent's thaw and status waits for their limits
    }

    private void Unfreeze()
    {
        if (Frozen > 0) Lasted[Freezes] = _world.Ms - _frozenSince;
        (Frozen, _held) = (0, false);
    }
}
