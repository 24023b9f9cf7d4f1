using System.Globalization;
using System.Text.Json;
using LinqToDB;
using LinqToDB.Data;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>
/// <c>audit.db</c>. Triggers refuse a change that is made by mistake. The chain shows one that is made on purpose, unless
/// everything after it was forged as well: compare the head with a copy that is kept elsewhere.
/// </summary>
public sealed class SqliteAudit : IAuditLog
{
    /// <summary>Keys in one query.</summary>
    private const int KeysAtOnce = 500;

    /// <summary>A check of the whole chain takes seconds, and lists must not wait for it.</summary>
    private const int ReadsAtOnce = 4;

    private const string DeleteOldest =
        "DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE number <= (SELECT number FROM audit_anchor) ORDER "
            + "BY number LIMIT 500)";

    private readonly DataOptions _options;
    private readonly SqliteWriter _writer;
    private readonly SqliteReader _reader;
    private readonly Lazy<bool> _schema;

    private readonly Action _appended;

    /// <param name="appended">Called when entries are on disk.</param>
    public SqliteAudit(SqliteFile file, Action? appended = null)
    {
        _appended = appended ?? (() => { });
        _options = file.Options(yield: false);
        _schema = new(() => Ensure(file), LazyThreadSafetyMode.PublicationOnly);
        _writer = new(file, Connect);
        _reader = new(file, Connect, ReadsAtOnce);
    }

    public async Task AppendAsync(params IReadOnlyList<AuditEntry> entries)
    {
        await _writer.WriteAsync(db => Append(db, entries));
        _appended();
    }

    /// <summary>The entries behind that number, in their order, as they were hashed.</summary>
    internal Task<IReadOnlyList<AuditText>> AfterAsync(long number, int limit) =>
        _reader.ReadAsync<IReadOnlyList<AuditText>>(db => [.. db.GetTable<AuditRow>()
            .Where(row => row.Number > number).OrderBy(row => row.Number).Take(limit)
            .Select(row => new { row.Number, row.Hash, row.Entry }).ToList()
            .Select(row => new AuditText(row.Number, row.Hash, row.Entry))]);

    /// <summary>The number of the last entry; 0: there is none.</summary>
    internal Task<long> LastAsync() =>
        _reader.ReadAsync(db => db.GetTable<AuditRow>().Max(row => (long?)row.Number) ?? AuditAnchor.Of(db).Number);

    /// <summary>The number of the last entry that was removed; 0: none was.</summary>
    internal Task<long> RemovedAsync() => _reader.ReadAsync(db => AuditAnchor.Of(db).Number);

    public Task<IReadOnlyList<AuditLine>> ListAsync(AuditQuery query) => _reader.ReadAsync<IReadOnlyList<AuditLine>>(db =>
    {
        var removed = AuditAnchor.Of(db).Number;
        var rows = db.GetTable<AuditRow>().Where(row => row.Number > removed && row.Number < query.Before);
        if (query.Run is { } run) rows = rows.Where(row => row.Run == run);
        if (query.Who is { } who) rows = rows.Where(row => row.Who == who);
        if (query.Vm is { } vm)
        {
            var name = vm[(vm.IndexOf('/', StringComparison.Ordinal) + 1)..];
            rows = rows.Where(row => row.VmName == name);
            // A caller who left out the host meant the only VM of that name.
            if (name != vm) rows = rows.Where(row => row.Vm == vm || row.Vm == name);
        }
        if (query.Since is { } since)
        {
            var at = Sortable(since);
            rows = rows.Where(row => string.Compare(row.At, at) >= 0);
        }
        return [.. rows.OrderByDescending(row => row.Number).Take(query.Limit)
            .Select(row => new AuditRow { Number = row.Number, Entry = row.Entry, Hash = row.Hash }).ToList().Select(Line)];
    });

    public Task<AuditCheck> VerifyAsync(string? noted = null) => _reader.ReadAsync(db => AuditHashChain.Verify(db, noted));

    public Task<DateTimeOffset?> KeptFromAsync() => _reader.ReadAsync(db => AuditAnchor.Of(db).Since);

    public async Task<AuditTrim> TrimAsync(
        DateTimeOffset before, int runs, string host, DateTimeOffset now, CancellationToken stop)
    {
        var at = Sortable(before);
        stop.ThrowIfCancellationRequested();
        var old = await _reader.ReadAsync(db => AuditHashChain.Old(db, at));
        if (old.Count > 0 || runs > 0)
        {
            var anchor = new AuditAnchor { Number = old.Number, Hash = old.Hash, KeptFrom = at };
            await _writer.WriteAsync(db =>
            {
                db.InsertOrReplace(anchor);
                Append(db, [anchor.Entry(now, host, runs, old.Count)]);
            });
        }
        for (var left = 1; left > 0;)
        {
            stop.ThrowIfCancellationRequested();
            await _writer.WriteAsync(db => left = db.Execute(DeleteOldest));
        }
        return new AuditTrim(old.Count, old.Broken);
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _reader.Dispose();
    }

    private static void Append(DataConnection db, IReadOnlyList<AuditEntry> entries)
    {
        var anchor = AuditAnchor.Of(db);
        var last = db.GetTable<AuditRow>().OrderByDescending(row => row.Number).Select(row => new { row.Number, row.Hash })
            .FirstOrDefault();
        var (number, head) = (last?.Number ?? anchor.Number, last?.Hash ?? anchor.Hash);
        var rows = new List<AuditRow>();
        foreach (var entry in New(db, entries, anchor.Since))
        {
            var json = JsonSerializer.Serialize(entry with { At = Milliseconds(entry.At) }, AuditJson.Default.AuditEntry);
            rows.Add(new AuditRow { Number = ++number, Entry = json, Hash = head = AuditHashChain.Hash(head, json) });
        }
        if (rows.Count > 0) db.BulkCopy(new BulkCopyOptions { BulkCopyType = BulkCopyType.MultipleRows }, rows);
    }

    /// <summary>After a crash a run reports again all that it has journalled. Entries that were removed since are not written
    /// again.</summary>
    private static IEnumerable<AuditEntry> New(DataConnection db, IReadOnlyList<AuditEntry> entries, DateTimeOffset? keptFrom)
    {
        var known = new HashSet<string>();
        foreach (var keys in entries.Select(entry => entry.Key).OfType<string>().Chunk(KeysAtOnce))
            known.UnionWith(db.GetTable<AuditRow>().Where(row => keys.Contains(row.Key)).Select(row => row.Key!));
        return entries.Where(entry => entry.Key is null || (!(entry.At < keptFrom) && known.Add(entry.Key)));
    }

    private DataConnection Connect() => _schema.Value ? new(_options) : throw new InvalidOperationException("no schema");

    private static bool Ensure(SqliteFile file)
    {
        AuditSchema.Ensure(file);
        return true;
    }

    /// <summary>Four digits less, in the entry and in its index.</summary>
    private static DateTimeOffset Milliseconds(DateTimeOffset at) => at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMillisecond));

    private static AuditLine Line(AuditRow row) => new(row.Number, row.Hash, Read(row.Entry));

    /// <summary>An entry that was made unreadable is shown as that.</summary>
    internal static AuditEntry Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, AuditJson.Default.AuditEntry) ?? throw new JsonException("null");
        }
        catch (JsonException)
        {
            return new(default, "?", null, "an entry that cannot be read", null, null, "?", AuditOutcomes.Unknown, null)
            {
                Detail = "It is not what was written: see /v1/audit/check",
            };
        }
    }

    /// <summary>As the column at has it.</summary>
    private static string Sortable(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture);
}

/// <summary>An entry as it was hashed.</summary>
/// <param name="Entry">JSON.</param>
internal sealed record AuditText(long Number, string Hash, string Entry);
