using System.Text.Json;
using LinqToDB;
using LinqToDB.Data;
using LinqToDB.Mapping;
using QgaOrchestrator.Actors.Stores.Files;
using QgaOrchestrator.Actors.Stores.Tables;

namespace QgaOrchestrator.Actors.Stores.Postgres;

/// <summary>The table tokens.</summary>
public sealed class PostgresTokens(ITables tables) : ITokenHashes
{
    private const string Alone = "tokens";

    public bool IsShared => true;

    public Task<IReadOnlyList<StoredToken>> ReadAsync() => tables.ReadAsync(Read);

    public async Task<bool> AddAsync(StoredToken token)
    {
        var added = false;
        await tables.WriteAsync(db =>
        {
            added = Read(db).All(other => other.Name != token.Name);
            if (added) db.Insert(Row(token));
        }, Alone);
        return added;
    }

    public async Task<bool> RemoveAsync(string name)
    {
        var removed = 0;
        await tables.WriteAsync(db => removed = db.GetTable<TokenRow>().Delete(row => row.Name == name), Alone);
        return removed > 0;
    }

    public Task NoteUseAsync(string hash, DateTimeOffset at) => tables.WriteAsync(db =>
    {
        if (db.GetTable<TokenRow>().FirstOrDefault(row => row.Hash == hash) is { } used)
            db.Update(Row(Of(used) with { LastUsed = at }));
    }, Alone);

    private IReadOnlyList<StoredToken> Read(DataConnection db) =>
        [.. db.GetTable<TokenRow>().OrderBy(row => row.Name).ToList().Select(Of)];

    private static TokenRow Row(StoredToken token) => new()
    {
        Name = token.Name,
        Hash = token.Hash,
        Json = JsonSerializer.Serialize(token, StoredTokensJson.Default.StoredToken),
    };

    private StoredToken Of(TokenRow row)
    {
        try
        {
            return JsonSerializer.Deserialize(row.Json, StoredTokensJson.Default.StoredToken) is { } token
                && StoredToken.Roles.Contains(token.Role)
                    ? token
                    : throw new JsonException($"a role is one of {string.Join(", ", StoredToken.Roles)}");
        }
        catch (JsonException e)
        {
            throw new StoreException(
                $"{tables.Name}: the token {row.Name} cannot be read: {e.Message.TrimEnd('.')}",
                $"Remove its row from the table tokens, and make a new one: qgactl token add {row.Name} --role ROLE",
                e);
        }
    }
}

[Table("tokens")]
internal sealed class TokenRow
{
    [PrimaryKey, Column("name")] public required string Name { get; init; }
    [Column("hash")] public required string Hash { get; init; }
    [Column("json")] public required string Json { get; init; }
}
