using System.Threading.Channels;
using LinqToDB;
using LinqToDB.Data;
using LinqToDB.Mapping;
using QgaOrchestrator.Actors.Stores.Sqlite;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Actors.Stores.Postgres;

/// <summary>
/// Copies the entries of this node's audit log to PostgreSQL, behind its back: each once, by its chain and number, and from where
/// it stopped after any outage.
/// </summary>
/// <param name="file">Holds the chain's name, a UUID.</param>
internal sealed class AuditMirror(SqliteAudit audit, PostgresDatabase database, string file, TimeProvider time)
{
    private const int AtOnce = 200;

    /// <summary>Entries that come together are copied together.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromSeconds(1);

    /// <summary>Between two tries while the server is away.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> _news =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private (string Chain, long Number, long Removed)? _at;

    /// <summary>The last entry that is known to be copied; below 0: none is known yet.</summary>
    private long _copied = -1;

    /// <summary>How many entries are not copied; null: not known before the server was reached.</summary>
    public async Task<long?> BacklogAsync() => Interlocked.Read(ref _copied) is >= 0 and var copied
        ? Math.Max(0, await audit.LastAsync() - copied)
        : null;

    /// <summary>There are new entries.</summary>
    public void Wake() => _news.Writer.TryWrite(true);

    public async Task RunAsync(CancellationToken stop)
    {
        Wake();
        while (true)
        {
            await _news.Reader.ReadAsync(stop);
            await Task.Delay(Gather, time, stop);
            while (!await TryCopyAsync()) await Task.Delay(Pause, time, stop);
        }
    }

    private async Task<bool> TryCopyAsync()
    {
        try
        {
            await CopyAsync();
            return true;
        }
        catch (Exception e) when (e is StoreException or IOException or UnauthorizedAccessException)
        {
            // Somebody else may have copied meanwhile: where to go on is asked again.
            _at = null;
            return false;
        }
    }

    /// <exception cref="StoreException">The local log or the server does not answer.</exception>
    internal async Task CopyAsync()
    {
        var at = _at ?? await ResumeAsync();
        Interlocked.Exchange(ref _copied, at.Number);
        while (await audit.AfterAsync(at.Number, AtOnce) is { Count: > 0 } news)
        {
            var rows = news.Select(entry => Row(at.Chain, entry)).ToList();
            await database.WriteAsync(db =>
            {
                var last = LastOf(db, at.Chain)?.Number ?? 0;
                db.BulkCopy(
                    new BulkCopyOptions { BulkCopyType = BulkCopyType.MultipleRows }, rows.Where(row => row.Number > last));
            }, alone: $"chain {at.Chain}");
            _at = at = at with { Number = news[^1].Number };
            Interlocked.Exchange(ref _copied, at.Number);
        }
        var removed = await audit.RemovedAsync();
        if (removed > at.Removed)
            await database.WriteAsync(db =>
                db.GetTable<MirrorRow>().Delete(row => row.Chain == at.Chain && row.Number <= removed));
        _at = at with { Removed = removed };
    }

    /// <summary>Behind the last entry that was copied. Where the local log has another one at its number, it is not the log that
    /// was copied, and begins a chain of its own.</summary>
    private async Task<(string Chain, long Number, long Removed)> ResumeAsync()
    {
        var chain = File.Exists(file) ? (await File.ReadAllTextAsync(file)).Trim() : NewChain();
        if (await database.ReadAsync(db => LastOf(db, chain)) is not { } last) return (chain, 0, 0);
        if (last.Number <= await audit.RemovedAsync()) return (chain, last.Number, 0);
        return await audit.AfterAsync(last.Number - 1, 1) is [var same] && same.Number == last.Number && same.Hash == last.Hash
            ? (chain, last.Number, 0)
            : (NewChain(), 0, 0);
    }

    private string NewChain()
    {
        var chain = Guid.NewGuid().ToString();
        HeldDirectory.ReplaceFile(file, System.Text.Encoding.ASCII.GetBytes(chain + "\n"), OwnFiles.File);
        return chain;
    }

    private static MirrorRow? LastOf(DataConnection db, string chain) => db.GetTable<MirrorRow>()
        .Where(row => row.Chain == chain).OrderByDescending(row => row.Number).FirstOrDefault();

    private static MirrorRow Row(string chain, AuditText entry) => new()
    {
        Chain = chain,
        Number = entry.Number,
        Node = SqliteAudit.Read(entry.Entry).Host,
        Hash = entry.Hash,
        Entry = entry.Entry,
    };
}

/// <summary>An entry of a node's audit log.</summary>
[Table("audit_mirror")]
internal sealed class MirrorRow
{
    [PrimaryKey(0), Column("chain")] public required string Chain { get; init; }
    [PrimaryKey(1), Column("number")] public required long Number { get; init; }
    [Column("node")] public required string Node { get; init; }
    [Column("hash")] public required string Hash { get; init; }
    /// <summary>JSON as it was hashed.</summary>
    [Column("entry")] public required string Entry { get; init; }
}
