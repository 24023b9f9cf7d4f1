using System.Globalization;
using System.Text.Json;
using LinqToDB;
using LinqToDB.Data;
using LinqToDB.Mapping;
using Microsoft.Data.Sqlite;
using QgaOrchestrator.Actors.Stores.Files;
using QgaOrchestrator.Actors.Stores.Sqlite;
using QgaOrchestrator.Actors.Stores.Tables;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Stores.Postgres;

/// <summary>
/// Copies a single node's runs, catalog, tokens and escrow. It reads copies of the files, since SQLite changes a file that it
/// opens. Each run and each account is one transaction, so a repeat finds it whole or not at all.
/// </summary>
internal sealed class TakeOver(PostgresOptions options, TimeProvider time, Action<string> tell)
{
    private const int RowsAtOnce = 500;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <exception cref="StoreException">A run is under way, or a store cannot be used.</exception>
    public async Task<TakenOver> RunAsync(string data)
    {
        var copies = Directory.CreateTempSubdirectory("qgad-migrate-");
        try
        {
            foreach (var name in new[] { "journal.db", "views.db", "escrow.db", "tokens.json" })
                Copy(data, name, copies.FullName);
            if (!IsWhole())
                throw new StoreException(
                    $"{data} has no views.db and journal.db that this version has completed",
                    "Start this version of the node on its old store once, stop it, and try again");
            await using var server = new PostgresDatabase(options, time, Limit);
            await server.EnsureAsync(() => Task.CompletedTask);
            using var views = Open("views.db");
            var runs = views.GetTable<RunRow>().OrderBy(run => run.CreatedAt).ToList();
            RefuseUnderWay(runs);
            return new(
                await RunsAsync(runs, views, server),
                await PointsAsync(views, server),
                await TokensAsync(server),
                await AccountsAsync(server));
        }
        catch (SqliteException e)
        {
            throw new StoreException($"{data}: {e.Message.TrimEnd('.')}", "Put a good copy of its files there", e);
        }
        finally
        {
            copies.Delete(recursive: true);
        }

        bool IsWhole()
        {
            if (!File.Exists(In("views.db")) || !File.Exists(In("journal.db"))) return false;
            using var views = new SqliteFile(In("views.db")).Open();
            return ViewSchema.IsCurrent(views);
        }

        string In(string name) => Path.Combine(copies.FullName, name);

        DataConnection Open(string name) => new(new SqliteFile(In(name)).Options(yield: false));

        async Task<int> RunsAsync(IReadOnlyList<RunRow> runs, DataConnection views, PostgresDatabase server)
        {
            using var journal = Open("journal.db");
            return await EachAsync("runs", runs, run => RunAsync(run, views, journal, server));
        }

        Task<int> PointsAsync(DataConnection views, PostgresDatabase server) => EachAsync(
            "points",
            [.. views.GetTable<PointRow>().ToList().Chunk(RowsAtOnce)],
            rows => AddAsync(server, rows, row => row.Id, (db, ids) =>
                db.GetTable<PointRow>().Where(row => ids.Contains(row.Id)).Select(row => row.Id)));

        async Task<int> TokensAsync(PostgresDatabase server)
        {
            var there = new PostgresTokens(server);
            return await EachAsync(
                "tokens",
                await new FileTokens(In("tokens.json")).ReadAsync(),
                async token => await there.AddAsync(token) ? 1 : 0);
        }

        async Task<int> AccountsAsync(PostgresDatabase server)
        {
            if (!File.Exists(In("escrow.db"))) return 0;
            using var escrow = Open("escrow.db");
            return await EachAsync("accounts", escrow.GetTable<AccountRow>().ToList(), row => AccountAsync(row, escrow, server));
        }
    }

    /// <summary>With what SQLite has not yet written into the file itself.</summary>
    private static void Copy(string data, string name, string to)
    {
        foreach (var file in new[] { name, name + "-wal" })
            if (File.Exists(Path.Combine(data, file))) File.Copy(Path.Combine(data, file), Path.Combine(to, file));
    }

    private static void RefuseUnderWay(IReadOnlyList<RunRow> runs)
    {
        string[] open =
        [
            .. from row in runs
               let run = JsonSerializer.Deserialize(row.Json, RunJson.Default.RunSummary)!
               where run.EndedAt is null && run.Phase != RunPhase.Paused
               select run.Id,
        ];
        if (open.Length > 0)
            throw new StoreException(
                $"these runs are under way: {string.Join(", ", open)}",
                "Start the node on its old store, wait for them, pause (qgactl run pause ID) or abort them, and stop it again");
    }

    private async Task<int> EachAsync<T>(string what, IReadOnlyList<T> all, Func<T, Task<int>> copy)
    {
        var (copied, seen) = (0, 0);
        foreach (var one in all)
        {
            copied += await copy(one);
            if (++seen % 100 == 0 && seen < all.Count)
                tell(string.Create(CultureInfo.InvariantCulture, $"{what}: {seen} of {all.Count}"));
        }
        tell(string.Create(CultureInfo.InvariantCulture, $"{what}: {copied} copied"));
        return copied;
    }

    private static async Task<int> RunAsync(RunRow run, DataConnection views, DataConnection journal, PostgresDatabase server)
    {
        var id = Runs.RunActor.PersistenceIdOf(run.Id);
        var events = journal.GetTable<EventRow>().Where(row => row.PersistenceId == id).OrderBy(row => row.Number).ToList();
        var items = views.GetTable<ItemsRow>().Where(row => row.Run == run.Id).ToList();
        var copied = 0;
        await server.WriteAsync(db =>
        {
            copied = db.GetTable<RunRow>().Any(row => row.Id == run.Id) ? 0 : 1;
            if (copied == 0) return;
            Insert(db, events);
            Insert(db, items);
            db.Insert(run);
        }, alone: $"run {run.Id}");
        return copied;
    }

    private static async Task<int> AccountAsync(AccountRow account, DataConnection escrow, PostgresDatabase server)
    {
        var texts = escrow.GetTable<SealedRow>().Where(row => row.Vm == account.Vm && row.User == account.User).ToList();
        var prints = escrow.GetTable<FingerprintRow>().Where(row => row.Vm == account.Vm && row.User == account.User).ToList();
        var copied = 0;
        await server.WriteAsync(db =>
        {
            copied = db.GetTable<AccountRow>().Any(row => row.Vm == account.Vm && row.User == account.User) ? 0 : 1;
            if (copied == 0) return;
            Insert(db, texts);
            Insert(db, prints);
            db.Insert(account);
        }, TableEscrow.Alone(new(account.Vm, account.User)));
        return copied;
    }

    /// <summary>Those that are not there yet.</summary>
    private static async Task<int> AddAsync<T>(
        PostgresDatabase server,
        IReadOnlyList<T> rows,
        Func<T, string> id,
        Func<DataConnection, string[], IQueryable<string>> there)
        where T : class
    {
        var added = 0;
        await server.WriteAsync(db =>
        {
            var known = there(db, [.. rows.Select(id)]).ToHashSet();
            var missing = rows.Where(row => !known.Contains(id(row))).ToList();
            Insert(db, missing);
            added = missing.Count;
        }, alone: "migrate");
        return added;
    }

    private static void Insert<T>(DataConnection db, IReadOnlyList<T> rows) where T : class
    {
        foreach (var some in rows.Chunk(RowsAtOnce))
            db.BulkCopy(new BulkCopyOptions { BulkCopyType = BulkCopyType.MultipleRows }, some);
    }

    /// <summary>An event as Akka.Persistence.Sql keeps it; its place among those of others is given anew.</summary>
    [Table("journal")]
    private sealed class EventRow
    {
        [Column("persistence_id")] public required string PersistenceId { get; init; }
        [Column("sequence_number")] public required long Number { get; init; }
        [Column("created")] public required long Created { get; init; }
        [Column("deleted")] public required bool Deleted { get; init; }
        [Column("message")] public required byte[] Message { get; init; }
        [Column("manifest"), Nullable] public string? Manifest { get; init; }
        [Column("identifier"), Nullable] public int? Identifier { get; init; }
        [Column("writer_uuid"), Nullable] public string? Writer { get; init; }
    }
}
