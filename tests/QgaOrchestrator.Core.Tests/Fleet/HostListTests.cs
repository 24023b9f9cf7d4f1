using CsCheck;
using QgaOrchestrator.Core.Fleet.Directory;

namespace QgaOrchestrator.Core.Tests.Fleet;

/// <summary>What a node knows of another host's VMs, whatever happens to the messages.</summary>
public sealed class HostListTests
{
    private sealed record Vm(string Name, int State);

    /// <summary>Small, so that lists come in parts.</summary>
    private const int Most = 3;

    private static ToldList<Vm> Host(int process) => new(new Guid(process, 0, 0, new byte[8]), _ => 1, Most);

    private static HostList<Vm> Told(HostList<Vm> list, IEnumerable<ListPart<Vm>> parts, out bool askAll)
    {
        askAll = false;
        foreach (var part in parts)
        {
            (list, var ask) = list.Take(part, vm => vm.Name);
            askAll |= ask;
        }
        return list;
    }

    [Fact]
    public void A_list_in_parts_is_known_when_all_of_them_have_come()
    {
        var host = Host(1);
        for (var i = 0; i < 10; i++) host.Put($"vm{i}", new Vm($"vm{i}", i));
        host.Changes();
        var all = host.All();
        Assert.Equal(4, all.Count);

        var list = Told(new HostList<Vm>(), all.Take(3), out _);
        Assert.False(list.IsKnown);
        Assert.Equal(10, Told(list, all.Skip(3), out _).Vms.Count);
    }

    [Fact]
    public void A_change_after_one_that_was_lost_asks_for_all()
    {
        var host = Host(1);
        var list = Told(new HostList<Vm>(), host.All(), out _);
        host.Put("a", new Vm("a", 1));
        host.Changes();
        host.Put("b", new Vm("b", 1));

        list = Told(list, host.Changes(), out var askAll);

        Assert.True(askAll);
        Assert.Empty(list.Vms);
        Assert.True(list.IsBehind(host.Incarnation, host.Version));
        list = Told(list, host.All(), out _);
        Assert.Equal(["a", "b"], list.Vms.Keys.Order());
        Assert.False(list.IsBehind(host.Incarnation, host.Version));
    }

    [Fact]
    public void A_list_of_an_earlier_version_changes_nothing()
    {
        var host = Host(1);
        host.Put("a", new Vm("a", 1));
        host.Changes();
        var late = host.All();
        host.Put("a", new Vm("a", 2));
        var list = Told(Told(new HostList<Vm>(), late, out _), host.Changes(), out _);

        Assert.Equal(2, Told(list, late, out var askAll).Vms["a"].State);
        Assert.False(askAll);
    }

    /// <summary>A number picks what happens: a VM changes or leaves, the host restarts, what was told is delivered, lost, doubled
    /// or overtaken.</summary>
    [Fact]
    public void Whatever_happens_to_messages_the_list_is_right_after_one_answer() =>
        Gen.Int[0, 999].List[1, 120].Sample(story =>
        {
            var process = 1;
            var host = Host(process);
            var list = new HostList<Vm>();
            var wire = new List<ListPart<Vm>>();
            foreach (var step in story)
            {
                var name = $"vm{step % 7}";
                switch (step / 100)
                {
                    case 0 or 1 or 2: host.Put(name, new Vm(name, step)); break;
                    case 3: host.Remove(name); break;
                    case 4 or 5: wire.AddRange(host.Changes()); break;
                    case 6: wire.AddRange([.. host.Changes(), .. host.All()]); break;
                    case 7 when step % 10 == 0: host = Host(++process); break;
                    case 8 when wire.Count > 0: wire.RemoveAt(step % wire.Count); break;
                    default:
                        if (wire.Count == 0) break;
                        var at = step % wire.Count;
                        (list, _) = list.Take(wire[at], vm => vm.Name);
                        if (step % 3 != 0) wire.RemoveAt(at);
                        break;
                }
            }
            host.Changes();
            // The host's beat tells its version; whoever is behind asks, and the answer comes.
            if (list.IsBehind(host.Incarnation, host.Version)) list = Told(list, host.All(), out _);
            Assert.Equal(
                host.Names.Select(name => host.Find(name)!),
                list.Vms.OrderBy(vm => vm.Key, StringComparer.Ordinal).Select(vm => vm.Value));
        });
}
