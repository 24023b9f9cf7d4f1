using System.Data.Common;
using LinqToDB.Data;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>Short reads of a file, a few at a time, each on a thread of the pool.</summary>
/// <param name="atOnce">How many.</param>
internal sealed class SqliteReader(SqliteFile file, Func<DataConnection> connect, int atOnce) : IDisposable
{
    private readonly SemaphoreSlim _seats = new(atOnce);

    /// <exception cref="StoreException">The file cannot be read.</exception>
    public async Task<T> ReadAsync<T>(Func<DataConnection, T> read)
    {
        await _seats.WaitAsync();
        try
        {
            return await Task.Run(() =>
            {
                using var db = connect();
                return read(db);
            });
        }
        catch (DbException e)
        {
            throw file.Failed(e);
        }
        finally
        {
            _seats.Release();
        }
    }

    public void Dispose() => _seats.Dispose();
}
