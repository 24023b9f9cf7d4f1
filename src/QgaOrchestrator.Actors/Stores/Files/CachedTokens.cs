namespace QgaOrchestrator.Actors.Stores.Files;

/// <summary>Tokens that nodes share, with a copy in a file of this node for while the shared ones cannot be read.</summary>
/// <param name="life">The copy is refused when it was not compared with the shared tokens for longer than this.</param>
public sealed class CachedTokens(ITokenHashes shared, string file, TimeSpan life, TimeProvider time) : ITokenHashes
{
    /// <summary>The file's time, which says when it was compared, is set this often.</summary>
    private static readonly TimeSpan Coarse = TimeSpan.FromSeconds(10);

    private readonly FileTokens _copy = new(file);
    private IReadOnlyList<StoredToken>? _written;

    public bool IsShared => shared.IsShared;

    public async Task<IReadOnlyList<StoredToken>> ReadAsync()
    {
        try
        {
            var tokens = await shared.ReadAsync();
            Keep(tokens);
            return tokens;
        }
        catch (StoreException e) when (e.IsAway)
        {
            return await CopyAsync() ?? throw new StoreException(
                $"Tokens cannot be checked: {e.Reason}", $"{e.Remedy}. The token in DATA/admin.token works on this host", e)
            {
                IsAway = true,
            };
        }
    }

    public async Task<bool> AddAsync(StoredToken token) => await shared.AddAsync(token) && await CompareAsync();

    public async Task<bool> RemoveAsync(string name) => await shared.RemoveAsync(name) && await CompareAsync();

    public Task NoteUseAsync(string hash, DateTimeOffset at) => shared.NoteUseAsync(hash, at);

    /// <summary>The change was made, so that the copy is not up to date is no failure of it.</summary>
    private async Task<bool> CompareAsync()
    {
        try
        {
            await ReadAsync();
        }
        catch (StoreException)
        {
            // The next look does it.
        }
        return true;
    }

    private void Keep(IReadOnlyList<StoredToken> tokens)
    {
        try
        {
            var now = time.GetUtcNow().UtcDateTime;
            if (_written is null || !_written.SequenceEqual(tokens)) _copy.Replace(tokens);
            else if ((now - File.GetLastWriteTimeUtc(file)).Duration() < Coarse) return;
            File.SetLastWriteTimeUtc(file, now);
            _written = tokens;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An old copy would admit tokens that are revoked. It is written again at the next look.
            _written = null;
            TryDelete();
        }
    }

    /// <summary>Null: there is none, or it is too old.</summary>
    private async Task<IReadOnlyList<StoredToken>?> CopyAsync()
    {
        // A clock that was set back makes no copy young.
        var age = time.GetUtcNow().UtcDateTime - File.GetLastWriteTimeUtc(file);
        return File.Exists(file) && age >= TimeSpan.Zero && age < life ? await _copy.ReadAsync() : null;
    }

    private void TryDelete()
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ends with its life.
        }
    }
}
