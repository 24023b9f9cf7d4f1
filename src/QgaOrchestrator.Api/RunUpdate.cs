namespace QgaOrchestrator.Api;

/// <summary>
/// One server-sent event of a run. The stream starts with the present state (one <c>run</c>, an <c>item</c> for each item
/// that is not pending, one <c>progress</c>) or, with Last-Event-ID, with what changed since; it ends after the <c>run</c>
/// whose state is final. Event types and their data:
/// <list type="bullet">
/// <item><c>run</c>: a <see cref="Api.Run"/>, whenever its summary changed.</item>
/// <item><c>item</c>: a <see cref="ItemStatus"/>, whenever it changed.</item>
/// <item><c>progress</c>: a <see cref="RunProgress"/>, about once a second while items run, and at once when a guest is
/// frozen or thawed. It replaces the one before and has no id: nothing is lost with it.</item>
/// </list>
/// </summary>
public abstract record RunUpdate
{
    private RunUpdate() { }

    /// <summary>The stream's id after this event, null where it has none.</summary>
    public string? Id { get; init; }

    public sealed record RunChanged(Run Run) : RunUpdate;

    public sealed record ItemChanged(ItemStatus Item) : RunUpdate;

    public sealed record Progressed(RunProgress Progress) : RunUpdate;
}

public static class RunEventTypes
{
    public const string Run = "run";
    public const string Item = "item";
    public const string Progress = "progress";
}

/// <summary>What is under way in a run now.</summary>
/// <param name="At">When the node looked, its clock, UTC.</param>
/// <param name="Items">The running items only.</param>
/// <param name="Copied">Bytes copied by the running items.</param>
/// <param name="Total">Bytes that the running items have to copy, as far as known.</param>
/// <param name="Rate">Bytes per second lately, over all items; 0 while nothing is copied.</param>
public sealed record RunProgress(DateTimeOffset At, IReadOnlyList<VmProgress> Items, long Copied, long Total, long Rate)
{
    /// <summary>Seconds to the end of the run by its rate until now, null while nobody can tell.</summary>
    public double? SecondsLeft { get; init; }
}

/// <summary>Where one running item stands.</summary>
/// <param name="Index">The item's <see cref="ItemStatus.Index"/>.</param>
/// <param name="FrozenMs">For how long its guest has been frozen at <see cref="RunProgress.At"/>; null: it is not.</param>
/// <param name="Copied">Bytes.</param>
/// <param name="Total">Bytes, 0 while unknown.</param>
public sealed record VmProgress(string Vm, int Index, string Step, long? FrozenMs, long Copied, long Total)
{
    public string? Host { get; init; }
    /// <summary>What it waits for, in words.</summary>
    public string? Note { get; init; }
}
