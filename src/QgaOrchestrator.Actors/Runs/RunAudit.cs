using Akka.Actor;
using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>
/// A run's entries on their way to the audit log. One append at a time: what happens meanwhile goes into the next one together.
/// Nothing waits for it, but a run that has ended does not leave before all is written. Belongs to the <see cref="RunActor"/>.
/// </summary>
internal sealed class RunAudit(RunServices services, IActorRef self)
{
    /// <summary>To the run's actor: an append is done.</summary>
    /// <param name="Late">The late successes that are in the log now.</param>
    public sealed record Appended(IReadOnlyList<ItemEnded> Late) : INoSerializationVerificationNeeded;

    private readonly List<AuditEntry> _unwritten = [];
    private readonly List<ItemEnded> _late = [];

    /// <summary>The late successes of the append that is under way; null: none is.</summary>
    private ItemEnded[]? _appending;

    /// <summary>The log has all that happened.</summary>
    public bool IsComplete => _appending is null && _unwritten.Count == 0;

    /// <param name="run">The run after the event.</param>
    public void Add(RunState run, RunEvent happened) =>
        _unwritten.AddRange(RunLines.Of(run, happened, services.Host, Details(run)));

    /// <summary>An attempt has succeeded that the run had settled otherwise. No event tells of it, so its host may forget it only
    /// when it is in the log, and repeats it until then.</summary>
    public void AddLate(RunState run, ItemEnded ended)
    {
        if (_late.Concat(_appending ?? []).Any(known => IsSame(known.Outcome, ended.Outcome))) return;
        _unwritten.AddRange(RunLines.Late(run, ended.Outcome, services.Time.GetUtcNow(), services.Host, Details(run)));
        _late.Add(ended);
        Append();
    }

    /// <summary>After <see cref="Appended"/>, what came meanwhile.</summary>
    public void Continue()
    {
        _appending = null;
        Append();
    }

    public void Append()
    {
        if (_appending is not null || _unwritten.Count == 0) return;
        AuditEntry[] entries = [.. _unwritten];
        ItemEnded[] late = [.. _late];
        _appending = late;
        _unwritten.Clear();
        _late.Clear();
        services.Audit(entries).PipeTo(self, success: () => new Appended(late));
    }

    private static bool IsSame(ItemOutcome one, ItemOutcome other) => (one.Item, one.Attempt) == (other.Item, other.Attempt);

    private Func<OwnValues?, IEnumerable<string>> Details(RunState run) =>
        own => services.Kind(run.Kind)?.AuditDetails(own) ?? [];
}
