using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Hosts;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>
/// The freeze ledger as the host's guard uses it: no fault of its files stops the guard, and the audit log is told once of each
/// thaw that an entry proves. Belongs to the <see cref="HostActor"/>.
/// </summary>
/// <param name="self">The actor, which is sent <see cref="Audited"/>.</param>
/// <param name="step">Has the guard take a step.</param>
internal sealed class HostLedger(HostServices services, IActorRef self, ILoggingAdapter log, Action<GuardInput> step)
{
    public sealed record Audited(string Window) : IHostMessage;

    private readonly HashSet<string> _told = [];

    public string Directory => services.Ledger.Directory;

    /// <summary>What an earlier process left, told to the guard.</summary>
    public void Load()
    {
        services.Ledger.RemoveUnfinished();
        var contents = services.Ledger.ReadAll();
        foreach (var entry in contents.Entries)
        {
            step(new GuardInput.Found(entry.Window, entry.Vm, entry.Phase == LedgerPhase.Thawed));
            TellOfAnother(entry);
            // A caller's own freeze, thawed: no run will ever ask for its entry.
            if (entry is { Phase: LedgerPhase.Thawed, Run.Length: 0 }) step(new GuardInput.Journalled(entry.Window));
        }
        foreach (var damaged in contents.Damaged)
            log.Error(
                "The ledger's {0} cannot be read ({1}): the guest that it names is not thawed automatically. Look at it with "
                    + "qgactl vm show",
                damaged.Path,
                damaged.Reason);
    }

    /// <summary>Read afresh: the watchdog may have thawed the guest meanwhile.</summary>
    public LedgerEntry? Read(string vm)
    {
        try
        {
            var entry = services.Ledger.Read(vm);
            if (entry is not null) TellOfAnother(entry);
            return entry;
        }
        catch (LedgerDamagedException e)
        {
            log.Error("{0}: {1}", vm, e.Message);
            return null;
        }
    }

    /// <returns>Why it could not be written; null: it is.</returns>
    public string? Write(LedgerEntry entry)
    {
        try
        {
            services.Ledger.Write(entry);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    public void Remove(string vm, string window)
    {
        _told.Remove(window);
        try
        {
            services.Ledger.Remove(vm, window);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LedgerDamagedException)
        {
            log.Warning("{0}: the ledger's entry could not be removed: {1}", vm, e.Message);
        }
    }

    /// <summary>This node has thawed a guest.</summary>
    /// <param name="found">An earlier process had frozen it.</param>
    public void TellThaw(LedgerEntry entry, bool found) => Tell(ThawLines.ByNode(entry, found, services.Name), entry.Window);

    private void TellOfAnother(LedgerEntry entry)
    {
        if (Tell(ThawLines.ByAnother(entry, services.Name), entry.Window)) services.Metrics.ThawedByAnother(entry.Facts);
    }

    /// <returns>It was not told yet.</returns>
    private bool Tell(AuditEntry? line, string window)
    {
        if (line is null || !_told.Add(window)) return false;
        step(new GuardInput.Auditing(window));
        services.Audit([line]).PipeTo(self, success: () => new Audited(window));
        return true;
    }
}
