using System.Data.Common;
using LinqToDB;
using Microsoft.Data.Sqlite;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>One of the node's SQLite files, and how it is opened.</summary>
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

    /// <summary>A plain connection, without linq2db and without the settings that every other connection gets.</summary>
    public SqliteConnection Open()
    {
        var db = new SqliteConnection(ConnectionString);
        db.Open();
        return db;
    }

    /// <summary>What a failure of SQLite is to the node.</summary>
    public StoreException Failed(DbException error) => new(
        $"{Path}: {error.Message.TrimEnd('.')}",
        "End the program that locks this file, make room on its file system, or let the node's user write to it",
        error);
}
