using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Files;

namespace QgaOrchestrator.Actors.Tests.Stores;

public sealed class CachedTokensTests : TokensSuite, IDisposable
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(15);
    private static readonly StoredToken Known = new("a", "viewer", "00", DateTimeOffset.UnixEpoch);

    private readonly TempDirectory _directory = new();
    private readonly ManualTime _time = new();
    private bool _away;

    private string Copy => _directory.File("tokens-cache.json");

    public void Dispose() => _directory.Dispose();

    protected override ITokenHashes Create() => new CachedTokens(new Shared(this), Copy, Life, _time);

    protected override void Block() => Directory.CreateDirectory(_directory.File("tokens.json.tmp"));

    protected override void Damage() => File.WriteAllText(_directory.File("tokens.json"), "{");

    [Fact]
    public async Task While_the_store_is_away_its_tokens_are_known_for_a_while_also_after_a_restart()
    {
        var tokens = Create();
        await tokens.AddAsync(Known);
        await tokens.ReadAsync();
        _away = true;

        _time.Advance(Life - TimeSpan.FromSeconds(1));
        Assert.Equal([Known], await tokens.ReadAsync());
        Assert.Equal([Known], await Create().ReadAsync());

        _time.Advance(TimeSpan.FromSeconds(2));
        foreach (var late in new[] { tokens, Create() })
        {
            var error = await Assert.ThrowsAsync<StoreException>(() => late.ReadAsync());
            Assert.True(error.IsAway);
            Assert.Contains("admin.token", error.Remedy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_copy_from_the_future_is_refused()
    {
        await Create().AddAsync(Known);
        await Create().ReadAsync();
        _away = true;

        _time.Advance(-TimeSpan.FromHours(1));

        await Assert.ThrowsAsync<StoreException>(() => Create().ReadAsync());
    }

    [Fact]
    public async Task What_was_revoked_is_in_no_copy_after_the_next_look_also_if_it_cannot_be_written()
    {
        await Create().AddAsync(Known);
        var tokens = Create();
        await tokens.ReadAsync();
        await Create().RemoveAsync("a");
        Directory.CreateDirectory(Copy + ".tmp");

        Assert.Empty(await tokens.ReadAsync());
        Assert.False(File.Exists(Copy));

        Directory.Delete(Copy + ".tmp");
        await tokens.ReadAsync();
        _away = true;
        Assert.Empty(await tokens.ReadAsync());
    }

    /// <summary>Tokens that other nodes have too, as far as this one can tell.</summary>
    private sealed class Shared(CachedTokensTests test) : ITokenHashes
    {
        private readonly FileTokens _tokens = new(test._directory.File("tokens.json"));

        public bool IsShared => true;

        public Task<IReadOnlyList<StoredToken>> ReadAsync() => test._away
            ? Task.FromException<IReadOnlyList<StoredToken>>(new StoreException("it is away", "Wait") { IsAway = true })
            : _tokens.ReadAsync();

        public Task<bool> AddAsync(StoredToken token) => _tokens.AddAsync(token);

        public Task<bool> RemoveAsync(string name) => _tokens.RemoveAsync(name);

        public Task NoteUseAsync(string hash, DateTimeOffset at) => _tokens.NoteUseAsync(hash, at);
    }
}
