using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Data;

namespace QgaOrchestrator.Node.Access;

/// <summary>
/// The node's tokens: the named ones, kept in memory beside their store, and the admin's. A change is durable when it
/// returns, and in force from then on.
/// </summary>
public sealed partial class TokenStore(ITokenHashes hashes, AdminToken admin, TimeProvider time, ILogger<TokenStore> log)
    : IAsyncDisposable
{
    /// <summary>It lets a secret scanner recognize a token.</summary>
    public const string SecretPrefix = "qga_";

    /// <summary>The last use is known this exactly: noting it costs a write.</summary>
    private static readonly TimeSpan Coarse = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, Live> _byHash = new();
    private readonly Lock _queueing = new();
    private readonly HashSet<string> _queued = [];
    private readonly SemaphoreSlim _changing = new(1);
    private volatile StoreException? _unchecked;
    private Task _noted = Task.CompletedTask;
    private Token _adminToken = new(Caller.Admin, TokenRoles.Admin, admin.Created, null, null);

    /// <summary>Other nodes may change the tokens too.</summary>
    public bool IsShared => hashes.IsShared;

    /// <summary>Comes before everything else, and again where other nodes may have changed the tokens. While the store is away
    /// and no copy of the tokens is young enough, none but the admin's is known.</summary>
    /// <exception cref="StoreException">The tokens cannot be read, and those that were known stay.</exception>
    public async Task LoadAsync()
    {
        await _changing.WaitAsync();
        try
        {
            var stored = (await hashes.ReadAsync()).ToDictionary(token => token.Hash);
            foreach (var hash in _byHash.Keys.Where(hash => !stored.ContainsKey(hash))) await RefuseAsync(hash);
            foreach (var token in stored.Values)
                _byHash.AddOrUpdate(token.Hash, _ => new(token), (_, live) => live with { Token = Newer(token, live.Token) });
            _unchecked = null;
        }
        catch (StoreException e) when (e.IsAway)
        {
            _unchecked = e;
        }
        finally
        {
            _changing.Release();
        }
    }

    public Presented Find(string secret)
    {
        var now = time.GetUtcNow();
        if (admin.Matches(secret))
        {
            if (IsStale(_adminToken.LastUsed, now)) _adminToken = _adminToken with { LastUsed = now };
            return new Presented.Known(new(Caller.Admin, Role.Admin, null, CancellationToken.None));
        }
        if (_unchecked is { } why) return new Presented.Unchecked(why);
        // It is looked up by its hash: what the time that this takes reveals of a hash leads to no secret.
        if (!_byHash.TryGetValue(Hash(secret), out var live)) return new Presented.Unknown();
        if (live.Token.Expires is { } expires && expires <= now) return new Presented.Expired(live.Token.Name, expires);
        if (IsStale(live.Token.LastUsed, now)) QueueUse(live.Token.Hash, now);
        return new Presented.Known(new(live.Token.Name, live.Role, live.Token.Expires, live.Revoked.Token));
    }

    /// <summary>By name, the admin's first.</summary>
    public IReadOnlyList<Token> List() =>
        [
            _adminToken,
            .. _byHash.Values.Select(live => live.Token).OrderBy(token => token.Name, StringComparer.Ordinal).Select(Shown),
        ];

    /// <returns>The new token with its secret, which is stored nowhere; null where the name is taken or reserved.</returns>
    /// <exception cref="StoreException">There is no such token.</exception>
    public async Task<NewToken?> AddAsync(string name, Role role, DateTimeOffset? expires)
    {
        if (Caller.Reserved.Contains(name)) return null;
        var secret = SecretPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var token = new StoredToken(name, role.Name(), Hash(secret), time.GetUtcNow(), expires);
        await _changing.WaitAsync();
        try
        {
            if (!await hashes.AddAsync(token)) return null;
            _byHash[token.Hash] = new Live(token);
        }
        finally
        {
            _changing.Release();
        }
        return new(name, role.Name(), token.Created, expires, secret);
    }

    /// <summary>Once this returns the token is refused, and a caller who follows a run with it is cut off.</summary>
    /// <returns>False: there is no such token.</returns>
    /// <exception cref="StoreException">The token is still valid.</exception>
    public async Task<bool> RevokeAsync(string name)
    {
        await _changing.WaitAsync();
        try
        {
            if (!await hashes.RemoveAsync(name)) return false;
            foreach (var live in _byHash.Values.Where(live => live.Token.Name == name)) await RefuseAsync(live.Token.Hash);
            return true;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Uses that are queued are stored when this returns.</summary>
    public async ValueTask DisposeAsync()
    {
        await _noted;
        _changing.Dispose();
    }

    private async Task RefuseAsync(string hash)
    {
        if (_byHash.TryRemove(hash, out var revoked)) await revoked.Revoked.CancelAsync();
    }

    /// <summary>A use that is noted here may not be stored yet.</summary>
    private static StoredToken Newer(StoredToken stored, StoredToken known) =>
        known.LastUsed > stored.LastUsed || stored.LastUsed is null ? stored with { LastUsed = known.LastUsed } : stored;

    private static bool IsStale(DateTimeOffset? used, DateTimeOffset now) => used is null || now - used >= Coarse;

    /// <summary>No request waits for it.</summary>
    private void QueueUse(string hash, DateTimeOffset now)
    {
        lock (_queueing)
        {
            if (_queued.Add(hash)) _noted = NoteUseAsync(_noted, hash, now);
        }
    }

    private async Task NoteUseAsync(Task earlier, string hash, DateTimeOffset now)
    {
        await earlier.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        lock (_queueing) _queued.Remove(hash);
        // The token may be revoked by now, or its use noted. In force before it is stored: so a store that cannot be written
        // is logged every ten minutes and not at each request.
        if (!_byHash.TryGetValue(hash, out var live) || !IsStale(live.Token.LastUsed, now)) return;
        if (!_byHash.TryUpdate(hash, live with { Token = live.Token with { LastUsed = now } }, live)) return;
        try
        {
            await hashes.NoteUseAsync(hash, now);
        }
        catch (StoreException e)
        {
            LogUseNotNoted(log, live.Token.Name, e.Message);
        }
    }

    private static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private static Token Shown(StoredToken token) =>
        new(token.Name, token.Role, token.Created, token.Expires, token.LastUsed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The last use of the token {Name} could not be noted: {Reason}")]
    private static partial void LogUseNotNoted(ILogger log, string name, string reason);

    /// <summary>A token in this process. Its source survives a change of the other members.</summary>
    private sealed record Live(StoredToken Token)
    {
        public Role Role { get; } = RoleNames.Find(Token.Role)
            ?? throw new StoreException($"The token {Token.Name} has the role {Token.Role}", "Use a newer version of qgad");

        public CancellationTokenSource Revoked { get; init; } = new();
    }
}
