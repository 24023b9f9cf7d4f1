using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Postgres;
using QgaOrchestrator.Actors.Stores.Tables;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Actors.Tests.Stores.Postgres;

[Collection(PostgresCollection.Name)]
public sealed class PostgresViewsTests(OnePostgres one) : ViewsSuite
{
    private readonly Task<string> _database = one.NewAsync();

    protected override IViews Create() => new TableViews(one.Open(_database.Result));

    protected override void MakeOlder() => one.AskAsync(_database.Result, "UPDATE views_built SET version = 0").Wait();
}

[Collection(PostgresCollection.Name)]
public sealed class PostgresKeysTests(OnePostgres one) : KeysSuite
{
    private readonly Task<string> _database = one.NewAsync();

    protected override async Task<IIdempotencyKeys> OpenAsync() => new TableKeys(one.Open(await _database));
}

[Collection(PostgresCollection.Name)]
public sealed class PostgresEscrowTests(OnePostgres one) : EscrowSuite
{
    private readonly Task<string> _database = one.NewAsync();

    protected override IEscrow Create() => new TableEscrow(one.Open(_database.Result));

    protected override void Block() => one.AskAsync(
        _database.Result,
        "CREATE FUNCTION block() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'blocked'; END $$;"
            + "CREATE TRIGGER no_account BEFORE INSERT OR UPDATE ON accounts EXECUTE FUNCTION block();"
            + "CREATE TRIGGER no_text BEFORE UPDATE ON sealed EXECUTE FUNCTION block()").Wait();

    protected override void Damage(AccountId id) =>
        one.AskAsync(_database.Result, $"UPDATE accounts SET json = '{{' WHERE vm = '{id.Vm}'").Wait();
}

[Collection(PostgresCollection.Name)]
public sealed class PostgresTokensTests(OnePostgres one) : TokensSuite
{
    private readonly Task<string> _database = one.NewAsync();

    protected override ITokenHashes Create() => new PostgresTokens(one.Open(_database.Result));

    protected override void Block() => one.AskAsync(
        _database.Result,
        "CREATE FUNCTION block() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'blocked'; END $$;"
            + "CREATE TRIGGER no_token BEFORE INSERT OR UPDATE OR DELETE ON tokens FOR EACH ROW EXECUTE FUNCTION block()").Wait();

    protected override void Damage() => one.AskAsync(_database.Result, "UPDATE tokens SET json = '{}'").Wait();
}

[Collection(PostgresCollection.Name)]
public sealed class PostgresJournalTests(OnePostgres one) : JournalSuite
{
    private readonly Task<string> _database = one.NewAsync(empty: true);

    protected override IJournal Create(Func<Task> pause) => new PostgresJournal(one.Open(_database.Result), pause);
}
