using LinqToDB;
using Microsoft.Data.Sqlite;

namespace QgaOrchestrator.Actors.Persistence;

/// <summary>One of our SQLite files, and the way to open it.</summary>
public sealed record SqliteFile(string Path)
{
    public string ConnectionString => new SqliteConnectionStringBuilder
    {
        DataSource = Path,
        Mode = SqliteOpenMode.ReadWriteCreate,
        DefaultTimeout = 30,
    }.ToString();

    /// <summary>Connections with <see cref="SqlitePragmas"/> applied.</summary>
    public DataOptions Options(bool yield) => new DataOptions()
        .UseConnectionString(ProviderName.SQLiteMS, ConnectionString)
        .UseInterceptor(new SqlitePragmas(yield));
}
