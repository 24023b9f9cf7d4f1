using System.Data.Common;
using Microsoft.Data.Sqlite;
using QgaOrchestrator.Actors.Stores.Tables;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary><c>views.db</c>, which can be removed at any time: the next start builds the views again. Idempotency keys are lost
/// with it.</summary>
public sealed class SqliteViewTables(SqliteFile file) : SqliteTables(file, _ => { }), IViewTables
{
    public async Task EnsureAsync(Func<Task> rebuild)
    {
        try
        {
            using var db = File.Open();
            if (ViewSchema.IsCurrent(db)) return;
            ViewSchema.Create(db);
            await rebuild();
            ViewSchema.MarkCurrent(db);
        }
        catch (DbException e)
        {
            throw File.Failed(e);
        }
    }

    public Task PingAsync() => Task.Run(() =>
    {
        try
        {
            using SqliteConnection db = File.Open();
            ViewSchema.IsCurrent(db);
        }
        catch (DbException e)
        {
            throw File.Failed(e);
        }
    });
}
