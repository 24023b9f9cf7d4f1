using System.Text;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Files;
using QgaOrchestrator.Actors.Stores.Sqlite;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Actors.Tests.Stores;

/// <summary>A cluster's escrow does what every one does, and survives a database that has lost its last transactions.</summary>
public sealed class HostKeptEscrowTests : EscrowSuite, IDisposable
{
    private static readonly AccountId Root = new("11111111-2222-3333-4444-555555555555", "root");

    private readonly TempDirectory _directory = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _directory.Dispose();

    protected override IEscrow Create() => Open();

    protected override void Block() => SqliteEscrow.Block(Database);

    protected override void Damage(AccountId id) => SqliteEscrow.Damage(Database, id);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_database_that_lost_its_last_transactions_is_given_back_what_a_guest_may_have(bool sweeps)
    {
        await AddAsync(1);
        await ChangeAsync(old => AccountRules.Promote(old, 1, Evidence.Hash, "f1", _time.GetUtcNow()));
        await AddAsync(2, afterwards: LoseAsync);

        await using var after = Open();
        if (sweeps) await after.SweepAsync(default);
        else await after.ChangeAsync(Root, old => old! with { Process = "qemu" });

        var account = (await after.FindAsync(Root))!;
        Assert.Equal(
            [(1, GenerationState.Current), (2, GenerationState.Candidate)],
            account.Generations.Select(one => (one.Number, one.State)));
        Assert.Equal(Bytes(2), await after.SealedAsync(Root, 2));
        Assert.Equal((sweeps ? null : "qemu", 2), (account.Process, account.Latest));
    }

    [Fact]
    public async Task A_database_that_lost_an_account_is_given_back_all_of_its_last_passwords()
    {
        await AddAsync(1);
        await AddAsync(2);
        Database = _directory.File("empty.db");

        await using var after = Open();
        await after.SweepAsync(default);

        Assert.Equal([1, 2], (await after.FindAsync(Root))!.Generations.Select(one => one.Number));
        Assert.Equal("hv1/db1", (await after.FindAsync(Root))!.Name);
        Assert.Equal(Bytes(1), await after.SealedAsync(Root, 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_database_loses_under_a_node_is_given_back_before_the_next_change(bool hasFile)
    {
        await using var node = Open();
        await AddAsync(1, node);
        SqliteEscrow.Sql(Database, "DELETE FROM accounts; DELETE FROM sealed; DELETE FROM fingerprints");
        if (!hasFile) File.Delete(Assert.Single(Files()));

        var account = await node.ChangeAsync(Root, old => (old ?? new(Root, "new")) with { Process = "qemu", Latest = 1 });

        Assert.Equal((hasFile ? "hv1/db1" : "new", hasFile ? 1 : 0), (account!.Name, account.Generations.Count));
    }

    [Fact]
    public async Task A_password_is_kept_until_it_is_settled_for_an_hour()
    {
        await AddAsync(1);
        await IsKeptAsync(true, "not verified", TimeSpan.FromDays(9));
        await ChangeAsync(old => AccountRules.Promote(old, 1, Evidence.Hash, "f1", _time.GetUtcNow()));
        await IsKeptAsync(true, "verified just now", HostKeptEscrow.Grace + TimeSpan.FromTicks(1));
        await AddAsync(2);
        await IsKeptAsync(true, "the next one is not", TimeSpan.Zero);
        Assert.DoesNotContain("\"number\":1,", File.ReadAllText(Assert.Single(Files())), StringComparison.Ordinal);
        await ChangeAsync(old => AccountRules.Void(old, 2, _time.GetUtcNow()));
        await IsKeptAsync(true, "just proved never in force", HostKeptEscrow.Grace + TimeSpan.FromTicks(1));
        await IsKeptAsync(false, "an hour ago", TimeSpan.Zero);
        await AddAsync(3);
        await IsKeptAsync(true, "a new one", TimeSpan.Zero);
    }

    [Fact]
    public async Task A_password_that_cannot_be_kept_here_is_not_added()
    {
        await File.WriteAllTextAsync(Candidates, "in the way");

        var error = await Assert.ThrowsAsync<StoreException>(() => AddAsync(1));

        Assert.Contains(Candidates, error.Reason, StringComparison.Ordinal);
        Assert.NotEmpty(error.Remedy);
        Assert.Null(await Open().FindAsync(Root));
    }

    /// <summary>The VM has moved, and its new host knew nothing of what the database had lost.</summary>
    [Fact]
    public async Task Where_another_host_has_used_its_number_the_file_stays_and_the_database_too()
    {
        await AddAsync(1);
        Database = _directory.File("empty.db");
        _time.Advance(TimeSpan.FromSeconds(1));
        var other = new HostKeptEscrow(SqliteTables.Escrow(new(Database)), _directory.File("other"), _time);
        await AddAsync(1, other);
        await other.ChangeAsync(Root, old => AccountRules.Promote(old!, 1, Evidence.Hash, "f1", _time.GetUtcNow()));
        await other.DisposeAsync();

        await IsKeptAsync(true, "the other one was verified", TimeSpan.FromDays(9));
        await IsKeptAsync(true, "long ago", TimeSpan.Zero);

        Assert.Equal(GenerationState.Current, Assert.Single((await Open().FindAsync(Root))!.Generations).State);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_told_and_left_to_whoever_has_a_key()
    {
        await AddAsync(1);
        var file = Assert.Single(Files());
        await File.WriteAllTextAsync(file, "{", Encoding.UTF8);
        await AddAsync(1, id: Root with { User = "other" });

        await using (var swept = Open()) await swept.SweepAsync(default);
        var error = await Assert.ThrowsAsync<StoreException>(() => AddAsync(2));

        Assert.Contains("recipient's key", error.Remedy, StringComparison.Ordinal);
        Assert.Contains("{", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
    }

    private string Database
    {
        get => field ?? _directory.File("escrow.db");
        set;
    }

    private string Candidates => _directory.File("candidates");

    private HostKeptEscrow Open() => new(SqliteTables.Escrow(new(Database)), Candidates, _time);

    private string[] Files() => Directory.Exists(Candidates) ? Directory.GetFiles(Candidates) : [];

    /// <param name="afterwards">What happens to the database, once both have it.</param>
    private async Task AddAsync(
        int number, HostKeptEscrow? by = null, AccountId? id = null, Func<Func<Task>, Task>? afterwards = null)
    {
        if (afterwards is null) await WriteAsync();
        else await afterwards(WriteAsync);

        async Task WriteAsync()
        {
            await using var own = by is null ? Open() : null;
            await (by ?? own!).ChangeAsync(
                id ?? Root,
                old => AccountRules.Add(
                    old ?? new(id ?? Root, "hv1/db1"),
                    new Generation(number, _time.GetUtcNow(), "r1", 7, "$6$salt$hash", "before")),
                new SealedGeneration(number, Bytes(number)));
        }
    }

    /// <summary>From now on the database has nothing of what is done.</summary>
    private async Task LoseAsync(Func<Task> work)
    {
        var earlier = _directory.File("earlier.db");
        SqliteEscrow.Sql(Database, $"VACUUM INTO '{earlier}'");
        await work();
        Database = earlier;
    }

    private async Task ChangeAsync(Func<Account, Account> change)
    {
        await using var escrow = Open();
        await escrow.ChangeAsync(Root, old => change(old!));
    }

    private async Task IsKeptAsync(bool wanted, string when, TimeSpan then)
    {
        await using (var escrow = Open()) await escrow.SweepAsync(default);
        Assert.True(wanted == Files().Length > 0, when);
        _time.Advance(then);
    }

    private static byte[] Bytes(int number) => [0x30, 0, (byte)number];
}
