using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LinqToDB;
using LinqToDB.Data;
using QgaOrchestrator.Actors.Persistence;
using QgaOrchestrator.Actors.Views;

namespace QgaOrchestrator.Actors.Audit;

/// <summary>
/// <c>audit.db</c>: append-only but for what is older than Store.Keep, each entry hashed together with the one before. Triggers
/// refuse a change by mistake; the chain shows one on purpose, unless everything after it was forged, too: compare the head with
/// a copy kept elsewhere.
/// </summary>
public sealed partial class SqliteAudit : IAsyncDisposable
{
    /// <summary>The hash before the first entry's.</summary>
    public static readonly string Start = new('0', 64);

    /// <summary>Keys that are looked up at once.</summary>
    private const int KeysAtOnce = 500;

    private readonly DataOptions _options;
    private readonly ViewWriter _writer;
    private readonly Lazy<bool> _schema;

    public SqliteAudit(SqliteFile file)
    {
        _options = file.Options(yield: false);
        _schema = new(() => Ensure(file), LazyThreadSafetyMode.PublicationOnly);
        _writer = new(Connect);
    }

    /// <summary>Done when the entries are on disk, in one transaction; what waits together is committed together.</summary>
    /// <param name="entries">In their order; whose key is in the log already is passed over.</param>
    public Task AppendAsync(params IReadOnlyList<AuditEntry> entries) => _writer.WriteAsync(db => Append(db, entries));

    private static void Append(DataConnection db, IReadOnlyList<AuditEntry> entries)
    {
        var anchor = AuditAnchor.Of(db);
        var last = db.GetTable<AuditRow>().OrderByDescending(row => row.Number).Select(row => new { row.Number, row.Hash })
            .FirstOrDefault();
        var (number, head) = (last?.Number ?? anchor.Number, last?.Hash ?? anchor.Hash);
        var rows = new List<AuditRow>();
        foreach (var entry in New(db, entries, anchor.Since))
        {
            var json = JsonSerializer.Serialize(entry, AuditJson.Default.AuditEntry);
            rows.Add(new AuditRow { Number = ++number, Entry = json, Hash = head = Hash(head, json) });
        }
        if (rows.Count > 0) db.BulkCopy(new BulkCopyOptions { BulkCopyType = BulkCopyType.MultipleRows }, rows);
    }

    /// <summary>The newest of those that are wanted, newest first.</summary>
    public Task<IReadOnlyList<AuditLine>> ListAsync(AuditQuery query) => Task.Run<IReadOnlyList<AuditLine>>(() =>
    {
        using var db = Connect();
        var removed = AuditAnchor.Of(db).Number;
        var rows = db.GetTable<AuditRow>().Where(row => row.Number > removed && row.Number < query.Before);
        if (query.Run is { } run) rows = rows.Where(row => row.Run == run);
        if (query.Who is { } who) rows = rows.Where(row => row.Who == who);
        if (query.Vm is { } vm)
        {
            var name = vm[(vm.IndexOf('/', StringComparison.Ordinal) + 1)..];
            rows = rows.Where(row => row.VmName == name);
            // Who named it without its host meant the only one of that name.
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

    /// <summary>Computes the whole chain again, from the entries; and that the chain itself says where it begins.</summary>
    /// <param name="noted">A head that was noted earlier, to be found again; null: none.</param>
    public Task<AuditCheck> VerifyAsync(string? noted = null) => Task.Run(() =>
    {
        using var db = Connect();
        var anchor = AuditAnchor.Of(db);
        var (number, head, vouched) = (anchor.Number, anchor.Hash, anchor.KeptFrom is null);
        long? found = noted == head ? number : null;
        foreach (var row in Chain(db, anchor))
        {
            if (row.Number != number + 1 || row.Hash != Hash(head, row.Entry)) return Check(number, number + 1);
            (number, head) = (row.Number, row.Hash);
            if (head == noted) found = number;
            vouched |= row.Key == anchor.Key;
        }
        return vouched ? Check(number, null) : new AuditCheck(0, anchor.Hash, anchor.Number + 1, null);

        AuditCheck Check(long last, long? broken) => new(last - anchor.Number, head, broken, found)
        {
            First = anchor.Number + 1,
            KeptFrom = anchor.Since,
        };
    });

    private static IEnumerable<AuditRow> Chain(DataConnection db, AuditAnchor anchor) => db.GetTable<AuditRow>()
        .Where(row => row.Number > anchor.Number).OrderBy(row => row.Number)
        .Select(row => new AuditRow { Number = row.Number, Entry = row.Entry, Hash = row.Hash, Key = row.Key, At = row.At })
            .AsEnumerable();

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    private DataConnection Connect() => _schema.Value ? new(_options) : throw new InvalidOperationException("no schema");

    private static bool Ensure(SqliteFile file)
    {
        AuditSchema.Ensure(file);
        return true;
    }

    /// <summary>An old run tells all that it has journalled once more: what was removed since is not taken again.</summary>
    private static IEnumerable<AuditEntry> New(DataConnection db, IReadOnlyList<AuditEntry> entries, DateTimeOffset? keptFrom)
    {
        var known = new HashSet<string>();
        foreach (var keys in entries.Select(entry => entry.Key).OfType<string>().Chunk(KeysAtOnce))
            known.UnionWith(db.GetTable<AuditRow>().Where(row => keys.Contains(row.Key)).Select(row => row.Key!));
        return entries.Where(entry => entry.Key is null || (!(entry.At < keptFrom) && known.Add(entry.Key)));
    }

    private static AuditLine Line(AuditRow row) => new(row.Number, row.Hash, Read(row.Entry));

    /// <summary>An entry that somebody made unreadable is shown as that.</summary>
    private static AuditEntry Read(string json)
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

    private static string Hash(string previous, string entry) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(previous + entry)));
}
