using System.Text.Json;
using LinqToDB;
using LinqToDB.Data;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary><c>escrow.db</c>. A loss of power leaves an account as it was before a change, or as it is after it.</summary>
public sealed class SqliteEscrow : IEscrow
{
    private const int ReadsAtOnce = 4;

    private readonly DataOptions _options;
    private readonly SqliteWriter _writer;
    private readonly SqliteReader _reader;
    private readonly Lazy<bool> _schema;

    public SqliteEscrow(SqliteFile file)
    {
        _options = file.Options(yield: false);
        // Tried again until it succeeds.
        _schema = new(() => EscrowSchema.Ensure(file), LazyThreadSafetyMode.PublicationOnly);
        _writer = new(file, Connect);
        _reader = new(file, Connect, ReadsAtOnce);
    }

    public Task<Account?> FindAsync(AccountId id) => _reader.ReadAsync(db => Find(db, id));

    public Task<IReadOnlyList<Account>> OfVmAsync(string vm) => _reader.ReadAsync(db =>
        Read(db.GetTable<AccountRow>().Where(row => row.Vm == vm).OrderBy(row => row.User)));

    public Task<IReadOnlyList<Account>> ListAsync(AccountId? after, int limit) => _reader.ReadAsync(db =>
    {
        IQueryable<AccountRow> rows = db.GetTable<AccountRow>();
        if (after is { Vm: var vm, User: var user })
            rows = rows.Where(row => string.Compare(row.Vm, vm) > 0 || (row.Vm == vm && string.Compare(row.User, user) > 0));
        return Read(rows.OrderBy(row => row.Vm).ThenBy(row => row.User).Take(limit));
    });

    public Task<IReadOnlyList<Account>> WithFingerprintAsync(string fingerprint) => _reader.ReadAsync(db => Read(
        from found in db.GetTable<FingerprintRow>()
        where found.Fingerprint == fingerprint
        join row in db.GetTable<AccountRow>() on new { found.Vm, found.User } equals new { row.Vm, row.User }
        orderby row.Vm, row.User
        select row));

    public Task<IReadOnlyList<Account>> CheckedOutAsync() => _reader.ReadAsync(db =>
        Read(db.GetTable<AccountRow>().Where(row => row.CheckedOut).OrderBy(row => row.Vm).ThenBy(row => row.User)));

    public async Task<Account?> ChangeAsync(AccountId id, Func<Account?, Account?> change, SealedGeneration? added = null)
    {
        Account? kept = null;
        await _writer.WriteAsync(db =>
        {
            var before = Find(db, id);
            kept = before;
            if (change(before) is not { } after || after == before) return;
            Write(db, before, after, added);
            kept = after;
        });
        return kept;
    }

    public Task<byte[]?> SealedAsync(AccountId id, int generation) => _reader.ReadAsync(db => Sealed(db, id, generation)?.Bytes);

    public async Task<bool> ResealAsync(AccountId id, int generation, ReadOnlyMemory<byte> was, ReadOnlyMemory<byte> now)
    {
        var replaced = false;
        await _writer.WriteAsync(db =>
        {
            replaced = Sealed(db, id, generation) is { } row && was.Span.SequenceEqual(row.Bytes);
            if (replaced) db.Update(Row(id, generation, now));
        });
        return replaced;
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _reader.Dispose();
    }

    private static void Write(DataConnection db, Account? before, Account after, SealedGeneration? added)
    {
        var (vm, user) = (after.Id.Vm, after.Id.User);
        if (after.IsEmpty)
        {
            db.GetTable<AccountRow>().Delete(row => row.Vm == vm && row.User == user);
            return;
        }
        db.InsertOrReplace(new AccountRow
        {
            Vm = vm,
            User = user,
            CheckedOut = after.Checkout is not null,
            Json = JsonSerializer.Serialize(after, AccountJson.Default.Account),
        });
        if (added is not null) db.Insert(Row(after.Id, added.Number, added.Bytes));
        var known = after.Generations.Select(generation => generation.Number).ToHashSet();
        foreach (var gone in before?.Generations.Where(generation => !known.Contains(generation.Number)) ?? [])
            db.GetTable<SealedRow>().Delete(row => row.Vm == vm && row.User == user && row.Generation == gone.Number);

        var (old, now) = (Fingerprints(before), Fingerprints(after));
        foreach (var gone in old.Except(now))
            db.GetTable<FingerprintRow>().Delete(row => row.Fingerprint == gone && row.Vm == vm && row.User == user);
        foreach (var one in now.Except(old))
            db.Insert(new FingerprintRow { Fingerprint = one, Vm = vm, User = user });
    }

    private static HashSet<string> Fingerprints(Account? account) =>
        [.. (account?.Generations ?? []).Select(generation => generation.Fingerprint).OfType<string>()];

    private static Account? Find(DataConnection db, AccountId id) =>
        db.GetTable<AccountRow>().FirstOrDefault(row => row.Vm == id.Vm && row.User == id.User) is { } row ? Of(row) : null;

    private static SealedRow? Sealed(DataConnection db, AccountId id, int generation) => db.GetTable<SealedRow>().FirstOrDefault(
        row => row.Vm == id.Vm && row.User == id.User && row.Generation == generation);

    private static SealedRow Row(AccountId id, int generation, ReadOnlyMemory<byte> bytes) =>
        new() { Vm = id.Vm, User = id.User, Generation = generation, Bytes = bytes.ToArray() };

    private static IReadOnlyList<Account> Read(IQueryable<AccountRow> rows) => [.. rows.ToList().Select(Of)];

    private static Account Of(AccountRow row)
    {
        try
        {
            return JsonSerializer.Deserialize(row.Json, AccountJson.Default.Account) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new StoreException(
                $"escrow.db: the account {row.User} of {row.Vm} cannot be read: {e.Message.TrimEnd('.')}",
                "Put a good copy of escrow.db back. Its sealed texts can still be opened with a recipient's key",
                e);
        }
    }

    private DataConnection Connect()
    {
        _ = _schema.Value;
        return new(_options);
    }
}
