using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Data;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Node.Access;

/// <summary>Whose token a request bears.</summary>
public abstract record Presented
{
    private Presented() { }

    public sealed record Known(Caller Caller) : Presented;

    /// <summary>It was one of ours until then.</summary>
    public sealed record Expired(string Name, DateTimeOffset At) : Presented;

    public sealed record Unknown : Presented;
}

/// <summary>
/// The named tokens, in <c>tokens.json</c> of the data directory (0600), and <c>admin.token</c>, which is named admin. What
/// this does is on disk when it returns, and in force from then on.
/// </summary>
public sealed partial class TokenStore : IAsyncDisposable
{
    /// <summary>So that a scanner of secrets can find one that went astray.</summary>
    public const string SecretPrefix = "qga_";

    /// <summary>How exactly the last use is known: each costs a write of the file.</summary>
    private static readonly TimeSpan Coarse = TimeSpan.FromMinutes(10);

    private readonly string _file;
    private readonly AdminToken _admin;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _writing = new();
    private readonly HashSet<string> _noting = [];
    private Task _noted = Task.CompletedTask;
    private IReadOnlyDictionary<string, Live> _byHash;
    private Token _adminToken;

    /// <exception cref="DataDirectoryException">The file is there and cannot be read: an empty list would lock everybody out
    /// unseen.</exception>
    public TokenStore(string file, AdminToken admin, TimeProvider time, ILogger<TokenStore> log)
    {
        (_file, _admin, _time, _log) = (file, admin, time, log);
        _adminToken = new(Caller.Admin, TokenRoles.Admin, admin.Created, null, null);
        _byHash = Read(file).ToDictionary(token => token.Hash, token => new Live(token));
    }

    public Presented Find(string secret)
    {
        var now = _time.GetUtcNow();
        if (_admin.Matches(secret))
        {
            if (IsStale(_adminToken.LastUsed, now)) _adminToken = _adminToken with { LastUsed = now };
            return new Presented.Known(new(Caller.Admin, Role.Admin, null, CancellationToken.None));
        }
        // Found by its hash: what the time of this tells of a hash leads to no secret.
        if (!_byHash.TryGetValue(Hash(secret), out var live)) return new Presented.Unknown();
        if (live.Token.Expires is { } expires && expires <= now) return new Presented.Expired(live.Token.Name, expires);
        if (IsStale(live.Token.LastUsed, now)) NoteUse(live.Token.Hash, now);
        return new Presented.Known(new(live.Token.Name, live.Token.Role, live.Token.Expires, live.Revoked.Token));
    }

    /// <summary>By name, the admin's first.</summary>
    public IReadOnlyList<Token> List() =>
        [
            _adminToken,
            .. _byHash.Values.Select(live => live.Token).OrderBy(token => token.Name, StringComparer.Ordinal).Select(Shown),
        ];

    /// <returns>The new token with its secret, which is nowhere else; null where the name is taken.</returns>
    /// <exception cref="IOException">The file cannot be written: there is no such token.</exception>
    public NewToken? Add(string name, Role role, DateTimeOffset? expires)
    {
        var secret = SecretPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var token = new StoredToken(name, role, Hash(secret), _time.GetUtcNow(), expires);
        lock (_writing)
        {
            if (Caller.Reserved.Contains(name) || _byHash.Values.Any(live => live.Token.Name == name)) return null;
            Replace([.. _byHash.Values, new Live(token)]);
        }
        return new(name, role.Name(), token.Created, expires, secret);
    }

    /// <summary>From its return on the token is refused, and whoever watches a run with it is cut off.</summary>
    /// <returns>False: there is no such token.</returns>
    /// <exception cref="IOException">The file cannot be written; the token is valid still.</exception>
    public bool Revoke(string name)
    {
        Live? revoked;
        lock (_writing)
        {
            revoked = _byHash.Values.FirstOrDefault(live => live.Token.Name == name);
            if (revoked is null) return false;
            Replace(_byHash.Values.Where(live => live != revoked));
        }
        revoked.Revoked.Cancel();
        return true;
    }

    /// <summary>What is being noted is on disk when this returns.</summary>
    public async ValueTask DisposeAsync() => await _noted;

    private static bool IsStale(DateTimeOffset? used, DateTimeOffset now) => used is null || now - used >= Coarse;

    /// <summary>Nobody waits for it.</summary>
    private void NoteUse(string hash, DateTimeOffset now)
    {
        lock (_noting)
        {
            if (!_noting.Add(hash)) return;
            _noted = _noted.ContinueWith(_ => WriteUse(hash, now), TaskScheduler.Default);
        }
    }

    private void WriteUse(string hash, DateTimeOffset now)
    {
        lock (_noting) _noting.Remove(hash);
        lock (_writing)
        {
            // It may have been revoked by now, or noted.
            if (!_byHash.TryGetValue(hash, out var live) || !IsStale(live.Token.LastUsed, now)) return;
            // In force before it is written: a file that cannot be is told now and then, not at each request.
            _byHash = _byHash.Values.Select(
                other => other == live ? live with { Token = live.Token with { LastUsed = now } } : other)
                .ToDictionary(other => other.Token.Hash);
            try
            {
                Write(_byHash.Values);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogUseNotNoted(_log, e.Message);
            }
        }
    }

    private void Replace(IEnumerable<Live> tokens)
    {
        var all = tokens.ToDictionary(live => live.Token.Hash);
        Write(all.Values);
        _byHash = all;
    }

    /// <summary>A crash, or a loss of power, leaves the old list or the new one.</summary>
    private void Write(IEnumerable<Live> tokens)
    {
        var stored = new StoredTokens(StoredTokens.CurrentVersion, [.. tokens.Select(live => live.Token)]);
        HeldDirectory.ReplaceFile(
            _file, JsonSerializer.SerializeToUtf8Bytes(stored, StoredTokensJson.Default.StoredTokens), OwnFiles.File);
    }

    /// <exception cref="DataDirectoryException">The file is there and cannot be read.</exception>
    public static void Check(string file) => Read(file);

    private static IReadOnlyList<StoredToken> Read(string file)
    {
        try
        {
            if (!File.Exists(file)) return [];
            if (OwnFiles.Fault(file) is { } fault) throw new DataDirectoryException(fault);
            var stored = JsonSerializer.Deserialize(File.ReadAllBytes(file), StoredTokensJson.Default.StoredTokens)
                ?? throw new JsonException("it holds null");
            return stored.Version == StoredTokens.CurrentVersion
                ? stored.Tokens
                : throw new JsonException($"its version {stored.Version} is unknown to this release");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException(
                $"{file}: {e.Message}; put a good copy back, or remove it: every token but admin's is gone then");
        }
    }

    private static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private static Token Shown(StoredToken token) =>
        new(token.Name, token.Role.Name(), token.Created, token.Expires, token.LastUsed);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "tokens.json cannot be written, so when a token was last used is not noted: {Reason}"
    )]
    private static partial void LogUseNotNoted(ILogger log, string reason);

    /// <summary>A token of this process's: its source outlives the change of a member.</summary>
    private sealed record Live(StoredToken Token)
    {
        public CancellationTokenSource Revoked { get; init; } = new();
    }
}
