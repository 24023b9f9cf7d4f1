namespace QgaOrchestrator.Actors.Messages;

/// <summary>To a run's actor, wherever it lives; the region finds it by <see cref="Run"/>.</summary>
public interface IRunMessage
{
    string Run { get; }
}
