namespace QgaOrchestrator.Actors.Stores;

/// <summary>The named tokens, by the hashes of their secrets. A change is durable when its task is done.</summary>
/// <exception cref="StoreException">From every method. A change that throws has not been made.</exception>
public interface ITokenHashes
{
    /// <summary>Other nodes may change them too.</summary>
    bool IsShared { get; }

    /// <summary>All of them. A damaged store is an error and not an empty list, which would lock everybody out.</summary>
    Task<IReadOnlyList<StoredToken>> ReadAsync();

    /// <returns>False: there is a token of this name.</returns>
    Task<bool> AddAsync(StoredToken token);

    /// <returns>False: there is none of this name.</returns>
    Task<bool> RemoveAsync(string name);

    /// <summary>Notes the last use of the token with this hash, if it still exists.</summary>
    Task NoteUseAsync(string hash, DateTimeOffset at);
}

/// <summary>A token without its secret, which cannot be computed from it.</summary>
/// <param name="Role">viewer, operator or admin.</param>
/// <param name="Hash">SHA-256 of the secret, lower-case hex. The secret is 32 random bytes, so a salt would add nothing.</param>
/// <param name="LastUsed">Up to ten minutes behind; null: never.</param>
public sealed record StoredToken(
    string Name,
    string Role,
    string Hash,
    DateTimeOffset Created,
    DateTimeOffset? Expires = null,
    DateTimeOffset? LastUsed = null)
{
    /// <summary>The roles that a token may have; names are case-sensitive.</summary>
    public static IReadOnlyList<string> Roles { get; } = ["viewer", "operator", "admin"];
}
