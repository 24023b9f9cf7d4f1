using System.Text.Json;
using LinqToDB;
using LinqToDB.Data;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Actors.Stores.Tables;

/// <summary>Accounts as rows of JSON, and their sealed texts.</summary>
public sealed class TableEscrow(ITables tables) : IEscrow
{
    // A reset asks four times for its account. linq2db would write each of these statements anew, which takes longer than SQLite
    // needs to execute it.
    private const string SelectAccount = "SELECT json FROM accounts WHERE vm = @vm AND \"user\" = @user";

    // Every backup asks it, for the generations in force.
    private const string SelectOfVm = "SELECT \"user\", json FROM accounts WHERE vm = @vm ORDER BY \"user\"";

    private const string WriteAccount =
        "INSERT INTO accounts (vm, \"user\", checked_out, json) VALUES (@vm, @user, @out, @json) ON CONFLICT (vm, \"user\") "
            + "DO UPDATE SET checked_out = excluded.checked_out, json = excluded.json";

    private const string InsertSealed =
        "INSERT INTO sealed (vm, \"user\", generation, bytes) VALUES (@vm, @user, @generation, @bytes)";

    private const string InsertFingerprint =
        "INSERT INTO fingerprints (fingerprint, vm, \"user\") VALUES (@fingerprint, @vm, @user)";

    public Task<Account?> FindAsync(AccountId id) => tables.ReadAsync(db => Find(db, id));

    public Task<IReadOnlyList<Account>> OfVmAsync(string vm) => tables.ReadAsync<IReadOnlyList<Account>>(db =>
        [.. db.Query(row => Account(vm, row.GetString(0), row.GetString(1)), SelectOfVm, new DataParameter("vm", vm))]);

    public Task<IReadOnlyList<Account>> ListAsync(AccountId? after, int limit) => tables.ReadAsync(db =>
    {
        IQueryable<AccountRow> rows = db.GetTable<AccountRow>();
        if (after is { Vm: var vm, User: var user })
            rows = rows.Where(row => string.Compare(row.Vm, vm) > 0 || (row.Vm == vm && string.Compare(row.User, user) > 0));
        return Read(rows.OrderBy(row => row.Vm).ThenBy(row => row.User).Take(limit));
    });

    public Task<IReadOnlyList<Account>> WithFingerprintAsync(string fingerprint) => tables.ReadAsync(db => Read(
        from found in db.GetTable<FingerprintRow>()
        where found.Fingerprint == fingerprint
        join row in db.GetTable<AccountRow>() on new { found.Vm, found.User } equals new { row.Vm, row.User }
        orderby row.Vm, row.User
        select row));

    public Task<IReadOnlyList<Account>> CheckedOutAsync() => tables.ReadAsync(db =>
        Read(db.GetTable<AccountRow>().Where(row => row.CheckedOut).OrderBy(row => row.Vm).ThenBy(row => row.User)));

    public async Task<Account?> ChangeAsync(AccountId id, Func<Account?, Account?> change, SealedGeneration? added = null)
    {
        Account? kept = null;
        await tables.WriteAsync(db =>
        {
            var before = Find(db, id);
            kept = before;
            if (change(before) is not { } after || after == before) return;
            Write(db, before, after, added);
            kept = after;
        }, Alone(id));
        return kept;
    }

    public Task<byte[]?> SealedAsync(AccountId id, int generation) => tables.ReadAsync(db => Sealed(db, id, generation)?.Bytes);

    public async Task<bool> ResealAsync(AccountId id, int generation, ReadOnlyMemory<byte> was, ReadOnlyMemory<byte> now)
    {
        var replaced = false;
        await tables.WriteAsync(db =>
        {
            replaced = Sealed(db, id, generation) is { } row && was.Span.SequenceEqual(row.Bytes);
            if (replaced) db.Update(Row(id, generation, now));
        }, Alone(id));
        return replaced;
    }

    public ValueTask DisposeAsync() => tables.DisposeAsync();

    internal static string Alone(AccountId id) => $"account {id}";

    private static void Write(DataConnection db, Account? before, Account after, SealedGeneration? added)
    {
        var (vm, user) = (after.Id.Vm, after.Id.User);
        if (after.IsEmpty)
        {
            db.GetTable<AccountRow>().Delete(row => row.Vm == vm && row.User == user);
            return;
        }
        var json = JsonSerializer.Serialize(after, AccountJson.Default.Account);
        db.Execute(WriteAccount, Of(after.Id, new DataParameter("out", after.Checkout is not null), new("json", json)));
        if (added is not null)
            db.Execute(
                InsertSealed,
                Of(after.Id, new DataParameter("generation", added.Number), new("bytes", added.Bytes.ToArray())));
        var known = after.Generations.Select(generation => generation.Number).ToHashSet();
        foreach (var gone in before?.Generations.Where(generation => !known.Contains(generation.Number)) ?? [])
            db.GetTable<SealedRow>().Delete(row => row.Vm == vm && row.User == user && row.Generation == gone.Number);

        var (old, now) = (Fingerprints(before), Fingerprints(after));
        foreach (var gone in old.Except(now))
            db.GetTable<FingerprintRow>().Delete(row => row.Fingerprint == gone && row.Vm == vm && row.User == user);
        foreach (var one in now.Except(old))
            db.Execute(InsertFingerprint, Of(after.Id, new DataParameter("fingerprint", one)));
    }

    private static HashSet<string> Fingerprints(Account? account) =>
        [.. (account?.Generations ?? []).Select(generation => generation.Fingerprint).OfType<string>()];

    private Account? Find(DataConnection db, AccountId id) =>
        db.Execute<string?>(SelectAccount, Of(id)) is { } json ? Account(id.Vm, id.User, json) : null;

    private static DataParameter[] Of(AccountId id, params ReadOnlySpan<DataParameter> more) =>
        [new("vm", id.Vm), new("user", id.User), .. more];

    private static SealedRow? Sealed(DataConnection db, AccountId id, int generation) => db.GetTable<SealedRow>().FirstOrDefault(
        row => row.Vm == id.Vm && row.User == id.User && row.Generation == generation);

    private static SealedRow Row(AccountId id, int generation, ReadOnlyMemory<byte> bytes) =>
        new() { Vm = id.Vm, User = id.User, Generation = generation, Bytes = bytes.ToArray() };

    private IReadOnlyList<Account> Read(IQueryable<AccountRow> rows) =>
        [.. rows.ToList().Select(row => Account(row.Vm, row.User, row.Json))];

    private Account Account(string vm, string user, string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, AccountJson.Default.Account) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new StoreException(
                $"{tables.Name}: the account {user} of {vm} cannot be read: {e.Message.TrimEnd('.')}",
                $"Put a good copy of {tables.Name} back. Its sealed texts can still be opened with a recipient's key",
                e);
        }
    }
}
