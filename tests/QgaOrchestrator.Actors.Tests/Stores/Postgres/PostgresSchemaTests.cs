using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Tables;

namespace QgaOrchestrator.Actors.Tests.Stores.Postgres;

[Collection(PostgresCollection.Name)]
public sealed class PostgresSchemaTests(OnePostgres one)
{
    [SkippableFact]
    public async Task Many_nodes_that_start_at_once_make_the_schema_once()
    {
        var database = await one.NewAsync(empty: true);

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => one.Open(database).EnsureSchemaAsync()));

        Assert.Equal("1", await one.AskAsync(database, "SELECT count(*) FROM schema_steps"));
        Assert.Equal("0", await one.AskAsync(database, "SELECT count(*) FROM journal"));
    }

    [SkippableFact]
    public async Task A_later_step_that_contracts_is_refused_and_one_that_expands_is_not()
    {
        var database = await one.NewAsync();
        await one.AskAsync(
            database, "INSERT INTO schema_steps (scriptname, applied) VALUES ('999-later.expand.sql', now())");
        await one.Open(database).EnsureSchemaAsync();

        await one.AskAsync(
            database, "INSERT INTO schema_steps (scriptname, applied) VALUES ('999-later.contract.sql', now())");
        var error = await Assert.ThrowsAsync<StoreException>(() => one.Open(database).EnsureSchemaAsync());

        Assert.Contains("999-later.contract.sql", error.Reason, StringComparison.Ordinal);
        Assert.Equal("Upgrade this node", error.Remedy);
        Assert.False(error.IsAway);
    }

    [SkippableFact]
    public async Task Of_many_nodes_that_start_at_once_one_builds_the_views()
    {
        var database = await one.NewAsync();
        var built = 0;

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => new TableViews(one.Open(database)).OpenAsync(_ =>
        {
            Interlocked.Increment(ref built);
            return Task.CompletedTask;
        })));

        Assert.Equal(1, built);
    }
}
