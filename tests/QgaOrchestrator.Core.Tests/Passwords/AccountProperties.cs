using CsCheck;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Core.Tests.Passwords;

/// <summary>
/// One account and its guest, through any order of what may happen: passwords that are made, sent, lost, late, verified, seen,
/// restored from points, set past the escrow. What may be in force is readable at every instant.
/// </summary>
public class AccountProperties
{
    [Fact]
    public void What_may_be_in_force_is_readable_at_every_instant() => Gen.Int.Sample(seed =>
    {
        var world = new World(seed);
        for (var step = 0; step < 300; step++)
        {
            var did = world.Step();
            Assert.True(world.Fault() is null, $"seed {seed}, step {step}, {did}: {world.Fault()}");
        }
    }, iter: 300);

    private sealed class World(int seed)
    {
        private static readonly DateTimeOffset T0 = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

        private readonly Random _random = new(seed);
        private readonly List<int> _onTheWay = [];
        private readonly List<int> _points = [];
        private readonly HashSet<int> _everInForce = [];
        private Account _account = new(new("u1", "root"), "hv1/db1");
        private DateTimeOffset _now = T0;

        /// <summary>0: one that the escrow does not know.</summary>
        private int _inForce;

        /// <summary>The guest was restored, or its password set past the escrow, and nobody has looked since.</summary>
        private bool _changedUnseen = true;

        public string Step()
        {
            _now += TimeSpan.FromSeconds(1);
            var open = _account.Open.Select(generation => generation.Number).ToArray();
            var one = open.Length > 0 ? open[_random.Next(open.Length)] : 0;
            switch (_random.Next(11))
            {
                case 0:
                    var number = _account.Latest + 1;
                    _account = AccountRules.Add(
                        _account, new(number, _now, "r1", 0, "hash", Print(_inForce)) { Fingerprint = Print(number) });
                    return "made";
                case 1 or 2 when one > 0:
                    _onTheWay.Add(one);
                    return $"sent {one}";
                case 3 or 4 when _onTheWay.Count > 0:
                    Set(_onTheWay[0]);
                    _onTheWay.RemoveAt(0);
                    return $"arrived {_inForce}";
                case 5 when _onTheWay.Count > 0:
                    _onTheWay.RemoveAt(0);
                    return "lost";
                case 6:
                    // A look may come while something is on its way: it tells what is in force now, and nothing more.
                    _account = AccountRules.Checked(_account, AccountRules.Compare(_account, Print(_inForce), null, _now));
                    if (_account.Check!.InForce == InForce.Foreign) _inForce = 0;
                    _changedUnseen = false;
                    return "checked";
                case 7 when one > 0 && _onTheWay.Count == 0:
                    // A sync has settled what was sent, so the look is proof.
                    if (_inForce == one) _account = AccountRules.Apply(_account, one, Print(one), _now);
                    else if (!_everInForce.Contains(one)) _account = AccountRules.Void(_account, one, _now);
                    return $"settled {one}";
                case 8 when _onTheWay.Count == 0 && _account.Find(_inForce) is { State: not GenerationState.Void }:
                    _account = AccountRules.Promote(_account, _inForce, Evidence.Hash, Print(_inForce), _now);
                    _changedUnseen = false;
                    return $"promoted {_inForce}";
                case 9:
                    return ChangePoints();
                case 10:
                    _account = AccountRules.Trim(_account, _now, _points.ToHashSet());
                    return "trimmed";
                default:
                    return "nothing";
            }
        }

        private string ChangePoints()
        {
            var point = _points.Count > 0 ? _points[_random.Next(_points.Count)] : 0;
            switch (_random.Next(5))
            {
                case 0 or 1 when !_changedUnseen: // a point names what is known
                    _points.Add(_inForce);
                    return $"point of {_inForce}";
                case 2:
                    _points.Remove(point);
                    return $"point of {point} deleted";
                case var how when _onTheWay.Count == 0:
                    _inForce = how == 3 ? 0 : point;
                    _changedUnseen = true;
                    return $"restored or foreign: {_inForce}";
                default:
                    return "nothing";
            }
        }

        /// <summary>What is broken; null: nothing.</summary>
        public string? Fault()
        {
            var numbers = _account.Generations.Select(generation => generation.Number).ToArray();
            if (!numbers.SequenceEqual(numbers.Order().Distinct())) return "numbers do not rise";
            if (_account.Generations.Count(one => one.State == GenerationState.Current) > 1) return "two are current";
            if (_account.Generations.Count(one => one.State == GenerationState.Previous) > 1) return "two are previous";
            // A guest that nobody has looked into since it was restored from a point that is gone by now is lost to the escrow.
            foreach (var needed in _points.Concat(_onTheWay).Append(_changedUnseen ? 0 : _inForce).Where(number => number > 0))
                if (_account.Find(needed) is null or { State: GenerationState.Void }) return $"{needed} is gone or void";
            var possible = AccountRules.Possible(_account).Select(one => one.Number).ToArray();
            return _inForce > 0 && !_changedUnseen && !possible.Contains(_inForce)
                ? $"{_inForce} is in force, and only {string.Join(' ', possible)} is shown"
                : null;
        }

        private void Set(int number)
        {
            _inForce = number;
            _everInForce.Add(number);
        }

        private static string Print(int number) => $"f{number}";
    }
}
