namespace QgaOrchestrator.Actors.Stores;

/// <summary>All stores of a node.</summary>
/// <param name="Journal">The events of runs.</param>
/// <param name="Views">What lists and finished runs are answered from.</param>
/// <param name="Keys">Idempotency keys.</param>
/// <param name="Audit">Who changed what.</param>
/// <param name="Results">What commands and processes of runs gave back.</param>
/// <param name="Tokens">The named tokens.</param>
/// <param name="Escrow">The passwords of guests' accounts.</param>
/// <param name="Recipients">Who can open the escrow.</param>
public sealed record NodeStores(
    IJournal Journal,
    IViews Views,
    IIdempotencyKeys Keys,
    IAuditLog Audit,
    IResults Results,
    ITokenHashes Tokens,
    IEscrow Escrow,
    IRecipients Recipients)
{
    /// <summary>What is done in the background for as long as the node runs.</summary>
    public Func<CancellationToken, Task> Upkeep { get; init; } = _ => Task.CompletedTask;

    /// <summary>How many entries of the audit log are not copied to where they are to be; null: not known yet, or they are copied
    /// nowhere.</summary>
    public Func<Task<long?>> AuditBacklogAsync { get; init; } = () => Task.FromResult<long?>(null);
}
