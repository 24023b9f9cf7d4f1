using LinqToDB;
using LinqToDB.Data;
using QgaOrchestrator.Actors.Stores.Tables;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>A file's tables: one writer, and short reads, a few at a time. A loss of power leaves a write undone or
/// done.</summary>
public class SqliteTables : ITables
{
    private const int ReadsAtOnce = 4;

    private readonly DataOptions _options;
    private readonly SqliteWriter _writer;
    private readonly SqliteReader _reader;
    private readonly Lazy<bool> _schema;

    /// <param name="ensure">Makes the tables; tried again until it succeeds.</param>
    public SqliteTables(SqliteFile file, Action<SqliteFile> ensure)
    {
        File = file;
        _options = file.Options(yield: false);
        _schema = new(
            () =>
            {
                ensure(file);
                return true;
            },
            LazyThreadSafetyMode.PublicationOnly);
        _writer = new(file, Connect);
        _reader = new(file, Connect, ReadsAtOnce);
    }

    /// <summary><c>escrow.db</c>.</summary>
    public static TableEscrow Escrow(SqliteFile file) => new(new SqliteTables(file, EscrowSchema.Ensure));

    public string Name => Path.GetFileName(File.Path);

    protected SqliteFile File { get; }

    public Task<T> ReadAsync<T>(Func<DataConnection, T> read) => _reader.ReadAsync(read);

    public Task WriteAsync(Action<DataConnection> write, string? alone = null) => _writer.WriteAsync(write);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _writer.DisposeAsync();
        _reader.Dispose();
    }

    private DataConnection Connect()
    {
        _ = _schema.Value;
        return new(_options);
    }
}
