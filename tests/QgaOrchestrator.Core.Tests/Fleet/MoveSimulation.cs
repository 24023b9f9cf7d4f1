using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Fleet.Directory;
using QgaOrchestrator.Core.Tests.Simulation;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Fleet;

/// <summary>
/// One guest that is moved between two hosts in virtual time, frozen by a window of ours or by another program: the production
/// rules of the window, of the arrival and of the directory's memory. Around them nodes that are killed on either side, the old
/// QEMU that ends at any instant, what a directory tells lost and late, a guest that answers late or not at once, a move that
/// fails at its end, and watchdogs. One seed is one story.
/// </summary>
internal sealed class MoveSimulation
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    private static readonly WindowOrder Order = new("w", TimeSpan.FromSeconds(30), Lease, WindowMode.Raw);

    private readonly World _world;
    private readonly Host[] _hosts;
    private readonly bool _othersFreeze;
    private int _guestAt;
    private bool _running = true, _frozen;
    private double _runsThereSince = double.NaN;

    /// <summary>Until then the new host's node is not to blame: it was not there, or is just beginning.</summary>
    private double _excused;

    /// <summary>For so long the guest has not answered.</summary>
    private double _silent;

    public MoveSimulation(int seed)
    {
        _world = new World(seed, Planted.Nothing);
        _othersFreeze = _world.OneIn(4);
        _hosts = [new Host(0) { RunState = "running" }, new Host(1) { RunState = "inmigrate", Qemu = false }];
    }

    /// <summary>For a planted bug: what the arrival's rules are told, changed; null: nothing.</summary>
    public Func<ArrivalInput, ArrivalInput?> ArrivalBug { get; init; } = input => input;

    /// <summary>For a planted bug: what went away is forgotten.</summary>
    public bool ForgetsWhatWentAway { get; init; }

    /// <summary>Somebody came in frozen, and was thawed by us there.</summary>
    public bool ThawedThere { get; private set; }

    public string Story => _world.Story;

    /// <returns>The invariant that was broken, or null.</returns>
    public string? Play()
    {
        _world.At(_world.Next(0, 3_000), BeginCopy);
        _world.At(3_000, Freeze);
        // Before, in and after the window; most often in it.
        var moves = _world.OneIn(4) ? _world.Next(2_000, 25_000) : _world.Next(3_000, 3_000 + 9_000);
        _world.At(moves, Move);
        for (var faults = _world.Next(0, 3); faults > 0; faults--)
        {
            var host = _hosts[_world.Next(0, 2)];
            _world.At(_world.Next(2_500, 20_000), () => Kill(host));
        }
        foreach (var host in _hosts) Tell(host);
        while (_world.Broken is null && _world.Play() && _world.Ms < 130_000) Watch();
        return _world.Broken ?? (_frozen && !_othersFreeze ? "the guest is left frozen" : null);
    }

    private void Watch()
    {
        if (!_frozen || _othersFreeze || _guestAt != 1 || !_running) return;
        var lease = _hosts[1].ToldOurs is null ? Lease.TotalMilliseconds : 0;
        var allowed = Math.Max(Math.Max(_runsThereSince, _hosts[1].ToldOurs ?? 0), _excused) + _silent + lease + 2_000;
        if (_world.Ms > allowed && _hosts[1].NodeUp) _world.Break("the guest is frozen for too long where it was moved");
    }

    // ---- what happens

    private void BeginCopy()
    {
        _world.Tell("a QEMU waits on the second host");
        _hosts[1].Qemu = true;
        Look(_hosts[1]);
    }

    private void Freeze()
    {
        if (_guestAt != 0 || !_running) return;
        var host = _hosts[0];
        if (!_othersFreeze && !host.NodeUp) return;
        _frozen = true;
        _world.Tell(_othersFreeze ? "another program freezes the guest" : "a window freezes the guest");
        if (_othersFreeze)
        {
            host.Says = FreezeWord.Others;
            return;
        }
        var frozen = new WindowRecord { FreezeSent = _world.Moment, FrozenAt = _world.Moment, Frozen = 2 };
        (host.Window, host.Says) = (new WindowState.Frozen(Order, frozen), FreezeWord.Ours);
        Later(host, Lease.TotalMilliseconds, () => Window(host, new WindowInput.LimitPassed(WindowLimit.Lease)));
    }

    private void Move()
    {
        if (!_hosts[1].Qemu || _guestAt != 0) return;
        _world.Tell("the guest stops for the end of its move");
        (_running, _hosts[0].RunState) = (false, "finish-migrate");
        Look(_hosts[0]);
        var fails = _world.OneIn(10);
        _world.At(_world.Next(5, 500), () =>
        {
            _running = true;
            if (fails)
            {
                _world.Tell("the move fails, the guest goes on where it was");
                _hosts[0].RunState = "running";
                Look(_hosts[0]);
                return;
            }
            _world.Tell("the guest runs on the second host");
            (_guestAt, _runsThereSince, _hosts[0].RunState, _hosts[1].RunState) = (1, _world.Ms, "postmigrate", "running");
            Look(_hosts[0]);
            Look(_hosts[1]);
            if (!_world.OneIn(4)) _world.At(_world.OneIn(2) ? 0 : _world.Next(0, 5_000), EndOld);
        });
    }

    /// <summary>Sometimes before anybody has seen that its guest has left.</summary>
    private void EndOld()
    {
        var host = _hosts[0];
        _world.Tell("the QEMU that the guest has left ends");
        host.Qemu = false;
        Later(host, _world.Next(0, 300), () =>
        {
            Window(host, VmMoves.HasCopy(host.Id, "u", Sights(host)) || host.SawLeft
                ? new WindowInput.GuestLeft()
                : new WindowInput.QemuGone());
            Change(host, host, null);
        });
    }

    private void Kill(Host host)
    {
        if (!host.NodeUp) return;
        _world.Tell($"the node of host {host.Number} is killed");
        (host.NodeUp, host.Node, host.Window, host.Arrival) = (false, host.Node + 1, null, new ArrivalState.Settled());
        // What the ledger holds the watchdog thaws, where its guest is.
        if (host.InLedger)
            _world.At(_world.Next(50, 900), () =>
            {
                if (host.InLedger && _guestAt == host.Number && _running && !host.NodeUp) Thaw(host);
            });
        var away = _world.OneIn(3) ? 80_000 : _world.Next(500, 6_000);
        if (host.Number == 1) _excused = Math.Max(_excused, _world.Ms + away + 2_000);
        _world.At(away, () => Begin(host));
    }

    private void Begin(Host host)
    {
        _world.Tell($"the node of host {host.Number} begins");
        (host.NodeUp, host.Moves, host.Other, host.Seen, host.ToldOurs) = (true, VmMoves.None, null, false, null);
        if (host.InLedger && _guestAt == host.Number) Thaw(host);
        host.Says = host.InLedger ? host.Says : FreezeWord.Unknown;
        Look(host);
    }

    private void Thaw(Host host)
    {
        if (_guestAt != host.Number || !_running) return;
        // What nobody has told to this host may be anybody's: it is thawed after the lease.
        if (_othersFreeze && _frozen && host.Moves.WordOn(host.Id, "u", Sights(host)) == FreezeWord.Others)
            _world.Break("the freeze of another program is thawed");
        if (_frozen && _guestAt == 1) ThawedThere = true;
        if (_frozen) _world.Tell($"host {host.Number} thaws the guest");
        (_frozen, host.InLedger, host.Says) = (false, false, FreezeWord.Unknown);
    }

    // ---- a host's node

    /// <summary>Its monitor's keeper looks, soon after something has happened.</summary>
    private void Look(Host host) => Later(host, _world.Slow(1, 60, 400), () =>
    {
        if (!host.Qemu) return;
        var isFirst = !host.Seen;
        host.Seen = true;
        host.SawLeft |= host.RunState == QemuStates.Left;
        if (host.RunState == QemuStates.Left) Window(host, new WindowInput.GuestLeft());
        Arrival(host, new ArrivalInput.Looked(host.RunState, isFirst && host.CameIn));
    });

    private void Window(Host host, WindowInput input)
    {
        if (host.Window is not { } window || window is WindowState.Closed) return;
        (host.Window, _) = WindowRules.Step(window, input, _world.Moment);
        if (host.Window is WindowState.Thawing && window is not WindowState.Thawing) TryThaw(host);
        if (host.Window is not WindowState.Closed closed) return;
        host.InLedger = false;
        // Its QEMU is there without its guest: it shows the freeze until that is seen to end.
        if (!closed.Record.Moved) host.Says = FreezeWord.Unknown;
    }

    private void TryThaw(Host host) => Later(host, _world.Slow(1, 30, 500), () =>
    {
        if (host.Window is not WindowState.Thawing) return;
        if (_guestAt == host.Number && _running)
        {
            Thaw(host);
            Window(host, new WindowInput.Settled(2, null, _world.Moment));
        }
        else Later(host, 250, () => TryThaw(host));
    });

    private void Arrival(Host host, ArrivalInput asked)
    {
        if (ArrivalBug(asked) is not { } input) return;
        (host.Arrival, var effects) = ArrivalRules.Step(host.Arrival, input, Lease, _world.Moment);
        foreach (var effect in effects)
            switch (effect)
            {
                case ArrivalEffect.AskGuest:
                    var silent = _world.OneIn(5);
                    Later(host, silent ? 300 : _world.Next(1, 60), () => Arrival(host, new ArrivalInput.Answered(
                        silent || !_running || _guestAt != host.Number ? null : _frozen)));
                    break;
                case ArrivalEffect.AskDirectory:
                    Later(host, 1, () => Arrival(host, new ArrivalInput.Word(host.Moves.WordOn(host.Id, "u", Sights(host)))));
                    break;
                case ArrivalEffect.LookAgain e:
                    if (host.Arrival is ArrivalState.Asking) _silent += 300 + e.After.TotalMilliseconds;
                    var arrival = host.Arrival;
                    Later(host, e.After.TotalMilliseconds, () =>
                    {
                        if (host.Arrival.GetType() == arrival.GetType()) Arrival(host, new ArrivalInput.Due());
                    });
                    break;
                case ArrivalEffect.Thaw:
                    host.InLedger = true;
                    Later(host, _world.Next(5, 200), () =>
                    {
                        Thaw(host);
                        Arrival(host, new ArrivalInput.Thawed());
                    });
                    break;
            }
    }

    private void Later(Host host, double after, Action act)
    {
        var node = host.Node;
        _world.At(after, () =>
        {
            if (host.NodeUp && host.Node == node) act();
        });
    }

    // ---- the directory: each host tells of its own QEMU, every 300 ms what has changed

    private void Tell(Host host)
    {
        _world.At(300, () => Tell(host));
        if (!host.NodeUp) return;
        var (other, sight) = (_hosts[1 - host.Number], host.Sight(_guestAt == host.Number && _running && !_frozen));
        Change(host, host, sight);
        var version = ++host.Version;
        // What is lost is asked for: it comes later, or what is newer does.
        _world.At(_world.OneIn(10) ? 2_500 : _world.Next(1, 40), () =>
        {
            if (!other.NodeUp || version <= other.Heard) return;
            other.Heard = version;
            if (!ForgetsWhatWentAway) other.Moves = other.Moves.Changed(other.Other, sight, _world.Moment);
            other.Other = sight;
            if (sight?.Freeze == FreezeWord.Ours) other.ToldOurs ??= _world.Ms;
        });
    }

    private void Change(Host host, Host of, VmSight? sight)
    {
        if (host.NodeUp && !ForgetsWhatWentAway) host.Moves = host.Moves.Changed(of.Own, sight, _world.Moment);
        of.Own = sight;
    }

    private static VmSight[] Sights(Host host) => [.. new[] { host.Own, host.Other }.OfType<VmSight>()];

    private sealed class Host(int number)
    {
        private FreezeWord _says;

        public int Number => number;
        public VmId Id { get; } = new($"hv{number}", "web");
        public bool NodeUp { get; set; } = true;
        public int Node { get; set; }
        public int Version { get; set; }
        public int Heard { get; set; }
        public bool Qemu { get; set; } = true;
        public required string RunState { get; set; }
        public bool CameIn => number == 1 && RunState == "running";
        public bool Seen { get; set; }
        public bool SawLeft { get; set; }
        public WindowState? Window { get; set; }
        public ArrivalState Arrival { get; set; } = new ArrivalState.Settled();
        public bool InLedger { get; set; }
        public VmMoves Moves { get; set; } = VmMoves.None;
        public VmSight? Own { get; set; }
        public VmSight? Other { get; set; }

        /// <summary>When this node was first told that the freeze is ours.</summary>
        public double? ToldOurs { get; set; }

        /// <summary>What it shows of the guest's freeze.</summary>
        public FreezeWord Says
        {
            get => _says;
            set
            {
                _says = value;
                if (value == FreezeWord.Ours) InLedger = true;
            }
        }

        public VmSight? Sight(bool thawed) => Qemu
            ? new VmSight(Id, "u", RunState)
            {
                CameIn = CameIn,
                Freeze = Says,
                IsSeenThawed = thawed && Says == FreezeWord.Unknown,
            }
            : null;
    }
}
