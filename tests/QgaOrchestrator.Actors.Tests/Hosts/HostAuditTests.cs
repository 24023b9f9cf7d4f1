using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Tests.Hosts;

/// <summary>Each thaw that an entry of the ledger proves is in the audit log once, before the entry goes.</summary>
public sealed class HostAuditTests : OneGuard
{
    [Theory]
    [InlineData("watchdog", null, "window w0; 2 of 2 file systems thawed")]
    [InlineData("qgactl", "anna", "by anna; window w0; 2 of 2 file systems thawed")]
    public void A_thaw_by_another_is_audited_at_the_start(string by, string? user, string detail)
    {
        Ledger.Write(Thawed("w0", by, user));
        Begin(guarded: false);
        Vms.ExpectMsg<VmPresent>();
        var line = Assert.Single(Audited);
        Assert.Equal(
            (by, "thaw", "h1/vm001", "r1", "done", detail), (line.Who, line.What, line.Vm, line.Run, line.Outcome, line.Detail));
        Assert.Equal("thaw/w0", line.Key);
    }

    [Fact]
    public void An_entry_whose_thaw_is_not_audited_yet_stays_until_it_is()
    {
        var gate = new TaskCompletionSource();
        Audit = _ => gate.Task;
        Ledger.Write(Thawed("w0", "watchdog", null));
        Begin(guarded: false);
        Host.Tell(new RemoveEntry("w0"), Window);
        Host.Tell(new FindEntry("vm001"), Window);
        Assert.NotNull(Window.ExpectMsg<EntryFound>().Entry);

        gate.SetResult();

        AwaitCondition(() => Ledger.Read("vm001") is null, Limit);
    }

    [Fact]
    public async Task A_thaw_of_ours_is_audited_where_no_item_tells_of_it()
    {
        await BeginGuardedAsync();
        // A run's own window, a caller's freeze, one that was never frozen, and one that an earlier process had left.
        foreach (var (window, run) in new[] { ("w1", "r1"), ("w2", ""), ("w3", "") })
        {
            Host.Tell(new OpenEntry(Entry(window) with { Run = run }), Window);
            Window.ExpectMsg<EntryOpened>();
            Host.Tell(
                new MoveEntry(
                    (window == "w3" ? Entry(window) with { Phase = LedgerPhase.Thawed } : Thawed(window, "node", null)) with
                    {
                        Run = run,
                    }
                ),
                Window
            );
        }
        await Host.GracefulStop(Limit);
        Ledger.Write(Entry("w4") with { Phase = LedgerPhase.Frozen });
        Begin(guarded: false);
        Host.Tell(new MoveEntry(Thawed("w4", "node", null)), Window);
        Host.Tell(new FindEntry("vm001"), Window);
        Window.ExpectMsg<EntryFound>();

        Assert.Equal(
            [("thaw/w2", null, "the lease has ended; window w2; 2 of 2 file systems thawed"),
             ("thaw/w4", "r1", "found open after its node or window had ended; window w4; 2 of 2 file systems thawed")],
            Audited.Select(line => (line.Key, line.Run, line.Detail)));
    }

    private static LedgerEntry Thawed(string window, string by, string? user) => Entry(window) is var entry ? entry with
    {
        Phase = LedgerPhase.Thawed,
        Facts = new()
        {
            Frozen = 2,
            Thawed = 2,
            ThawedAt = entry.OpenedAt.AddSeconds(1),
            ThawedBy = by,
            ThawedByUser = user,
            Broken = "the lease has ended",
        },
    }
    : null!;
}
