using Akka.Actor;
using Akka.Persistence;
using LinqToDB.Data;
using Microsoft.Data.Sqlite;
using QgaOrchestrator.Actors.Persistence;

namespace QgaOrchestrator.Actors.Tests.Persistence;

public sealed class StoreTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_connection_writes_ahead_and_syncs_fully(bool yield)
    {
        await using var db = new DataConnection(new SqliteFile(_directory.File("a.db")).Options(yield));

        Assert.Equal("wal", await db.ExecuteAsync<string>("PRAGMA journal_mode"));
        Assert.Equal(2, await db.ExecuteAsync<long>("PRAGMA synchronous"));
        Assert.Equal(5000, await db.ExecuteAsync<long>("PRAGMA busy_timeout"));
    }

    [Fact]
    public async Task What_was_persisted_is_there_after_a_restart()
    {
        await using (var first = await StartAsync())
        {
            var actor = first.System.ActorOf(Props.Create(() => new Counter()));
            Assert.Equal(1, await actor.Ask<int>("add", TimeSpan.FromSeconds(30)));
            Assert.Equal(2, await actor.Ask<int>("add", TimeSpan.FromSeconds(30)));
        }
        await using var second = await StartAsync();

        var again = second.System.ActorOf(Props.Create(() => new Counter()));

        Assert.Equal(2, await again.Ask<int>("count", TimeSpan.FromSeconds(30)));
        Assert.Equal("wal", JournalMode());
    }

    [Fact]
    public void Another_provider_is_refused_by_name()
    {
        var error = Assert.Throws<StoreException>(() => StoreExtensions.RequireKnown("postgresql"));

        Assert.Contains("postgresql", error.Message, StringComparison.Ordinal);
    }

    private Task<TestSystem> StartAsync() => TestSystem.StartAsync(akka => akka.AddStore("sqlite", _directory.Path));

    // Opened without our settings: the mode is the file's own.
    private string JournalMode()
    {
        using var connection = new SqliteConnection($"Data Source={_directory.File("journal.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode";
        return (string)command.ExecuteScalar()!;
    }

    private sealed class Counter : ReceivePersistentActor
    {
        private int _count;

        public Counter()
        {
            Recover<string>(_ => _count++);
            Command<string>(text => text == "count", _ => Sender.Tell(_count));
            Command<string>(text => Persist(text, _ => Sender.Tell(++_count)));
        }

        public override string PersistenceId => "counter";
    }
}
