using LinqToDB.Data;

namespace QgaOrchestrator.Actors.Stores.Tables;

/// <summary>Tables of a database: what reads and writes them is written once, for every kind of database.</summary>
/// <exception cref="StoreException">From every method: the database does not do it.</exception>
public interface ITables : IAsyncDisposable
{
    /// <summary>As messages name it.</summary>
    string Name { get; }

    /// <summary>Many at a time.</summary>
    Task<T> ReadAsync<T>(Func<DataConnection, T> read);

    /// <summary>One transaction; done when it is committed.</summary>
    /// <param name="write">It may be called again.</param>
    /// <param name="alone">No other write that names this is under way meanwhile, on any node; null: any may be.</param>
    Task WriteAsync(Action<DataConnection> write, string? alone = null);
}

/// <summary>The tables of views and idempotency keys.</summary>
public interface IViewTables : ITables
{
    /// <summary>As <see cref="IViews.OpenAsync"/>; runs and items are empty when <paramref name="rebuild"/>
    /// is called.</summary>
    Task EnsureAsync(Func<Task> rebuild);

    /// <summary>Done when the database has answered.</summary>
    Task PingAsync();
}
