using System.Text.Json;
using System.Text.Json.Serialization;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Actors.Stores.Files;

/// <summary><c>tokens.json</c> (0600). A crash or a loss of power leaves the old list or the new one.</summary>
public sealed class FileTokens(string file) : ITokenHashes
{
    private readonly Lock _writing = new();

    public bool IsShared => false;

    public Task<IReadOnlyList<StoredToken>> ReadAsync() => Try(Read);

    public Task<bool> AddAsync(StoredToken token) => Try(() => Change(tokens =>
        tokens.Any(other => other.Name == token.Name) ? null : [.. tokens, token]));

    public Task<bool> RemoveAsync(string name) => Try(() => Change(tokens =>
        tokens.Any(token => token.Name == name) ? tokens.Where(token => token.Name != name) : null));

    public Task NoteUseAsync(string hash, DateTimeOffset at) => Try(() => Change(tokens =>
        tokens.Any(token => token.Hash == hash)
            ? tokens.Select(token => token.Hash == hash ? token with { LastUsed = at } : token)
            : null));

    private bool Change(Func<IReadOnlyList<StoredToken>, IEnumerable<StoredToken>?> change)
    {
        lock (_writing)
        {
            if (change(Read()) is not { } changed) return false;
            Write(changed);
            return true;
        }
    }

    /// <summary>Puts these in the place of all that there are, also where those cannot be read.</summary>
    internal void Replace(IReadOnlyList<StoredToken> tokens)
    {
        lock (_writing) Write(tokens);
    }

    private void Write(IEnumerable<StoredToken> tokens) => HeldDirectory.ReplaceFile(
        file,
        JsonSerializer.SerializeToUtf8Bytes(
            new StoredTokens(StoredTokens.CurrentVersion, [.. tokens]), StoredTokensJson.Default.StoredTokens),
        OwnFiles.File);

    private IReadOnlyList<StoredToken> Read()
    {
        if (!File.Exists(file)) return [];
        if (OwnFiles.Fault(file) is { } fault) throw new StoreException(fault, "Who can write to it could add a token");
        var stored = JsonSerializer.Deserialize(File.ReadAllBytes(file), StoredTokensJson.Default.StoredTokens)
            ?? throw new JsonException("it holds null");
        if (stored.Version != StoredTokens.CurrentVersion)
            throw new JsonException($"its version {stored.Version} is unknown to this release");
        return stored.Tokens.All(token => StoredToken.Roles.Contains(token.Role))
            ? stored.Tokens
            : throw new JsonException($"a role is one of {string.Join(", ", StoredToken.Roles)}");
    }

    private Task<T> Try<T>(Func<T> work)
    {
        try
        {
            return Task.FromResult(work());
        }
        catch (StoreException e)
        {
            return Task.FromException<T>(e);
        }
        catch (JsonException e)
        {
            return Task.FromException<T>(
                new StoreException(
                    $"{file}: {e.Message.TrimEnd('.')}",
                    "Put a good copy back, or remove it: then every token but the admin's is gone",
                    e
                )
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Task.FromException<T>(
                new StoreException(
                    $"{file}: {e.Message.TrimEnd('.')}",
                    "Make room in the node's data directory, or let the node's user read and write this file",
                    e
                )
            );
        }
    }

    /// <summary>The file. An added member is optional; anything else is a new version.</summary>
    internal sealed record StoredTokens(int Version, IReadOnlyList<StoredToken> Tokens)
    {
        public const int CurrentVersion = 1;
    }
}

/// <summary>A missing member fails loudly: half a token is no token.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(FileTokens.StoredTokens))]
internal sealed partial class StoredTokensJson : JsonSerializerContext;
