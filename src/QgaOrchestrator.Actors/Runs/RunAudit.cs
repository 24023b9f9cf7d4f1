using Akka.Actor;
using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>
/// A run's entries on their way to the audit log. One append at a time: what happens meanwhile goes into the next one together.
/// Nothing waits for it, but a run that has ended does not leave before all is written. Belongs to the <see cref="RunActor"/>.
/// </summary>
internal sealed class RunAudit(RunServices services, IActorRef self)
{
    /// <summary>To the run's actor: an append is done.</summary>
    public sealed record Appended : INoSerializationVerificationNeeded;

    private readonly List<AuditEntry> _unwritten = [];
    private bool _appending;

    /// <summary>The log has all that happened.</summary>
    public bool IsComplete => !_appending && _unwritten.Count == 0;

    /// <param name="run">The run after the event.</param>
    public void Add(RunState run, RunEvent happened) =>
        _unwritten.AddRange(
            RunLines.Of(run, happened, services.Host, own => services.Kind(run.Kind)?.AuditDetails(own) ?? []));

    /// <summary>After <see cref="Appended"/>, what came meanwhile.</summary>
    public void Continue()
    {
        _appending = false;
        Append();
    }

    public void Append()
    {
        if (_appending || _unwritten.Count == 0) return;
        _appending = true;
        AuditEntry[] entries = [.. _unwritten];
        _unwritten.Clear();
        services.Audit(entries).PipeTo(self, success: () => new Appended());
    }
}
