using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Files;

namespace QgaOrchestrator.Actors.Tests.Stores;

/// <summary>What every implementation of <see cref="ITokenHashes"/> does.</summary>
public abstract class TokensSuite
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Another object over the same tokens, as a new process makes it.</summary>
    protected abstract ITokenHashes Create();

    /// <summary>Lets every write fail.</summary>
    protected abstract void Block();

    /// <summary>Stores what cannot be understood.</summary>
    protected abstract void Damage();

    [SkippableFact]
    public async Task A_kill_after_any_change_loses_none_and_a_repeat_changes_nothing()
    {
        Assert.Empty(await Create().ReadAsync());
        var (a, b) = (Token("a") with { Expires = T0.AddDays(1) }, Token("b"));

        Assert.True(await Create().AddAsync(a));
        Assert.Equal([a], await Create().ReadAsync());
        Assert.False(await Create().AddAsync(a with { Hash = "other" }));
        Assert.True(await Create().AddAsync(b));
        Assert.Equal([a, b], await ReadAsync());
        await Create().NoteUseAsync(b.Hash, T0);
        await Create().NoteUseAsync(b.Hash, T0);
        await Create().NoteUseAsync("unknown", T0);
        Assert.Equal([a, b with { LastUsed = T0 }], await ReadAsync());
        Assert.True(await Create().RemoveAsync("a"));
        Assert.False(await Create().RemoveAsync("a"));
        Assert.Equal([b with { LastUsed = T0 }], await ReadAsync());
    }

    [SkippableFact]
    public async Task Tokens_that_are_added_at_once_are_all_kept_and_a_name_only_once()
    {
        var tokens = Create();

        var added = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(i => Task.Run(() => tokens.AddAsync(Token($"t{i / 2}") with { Hash = $"{i}" }))));

        Assert.Equal(20, added.Count(made => made));
        Assert.Equal(20, (await Create().ReadAsync()).Count);
    }

    [SkippableFact]
    public async Task A_change_that_cannot_be_stored_is_an_error_and_not_made()
    {
        await Create().AddAsync(Token("a"));
        Block();

        await Assert.ThrowsAsync<StoreException>(() => Create().AddAsync(Token("b")));
        await Assert.ThrowsAsync<StoreException>(() => Create().RemoveAsync("a"));
        await Assert.ThrowsAsync<StoreException>(() => Create().NoteUseAsync("hash of a", T0));

        Assert.Equal([Token("a")], await Create().ReadAsync());
    }

    [SkippableFact]
    public async Task A_damaged_store_is_an_error_with_a_remedy_and_no_empty_list()
    {
        await Create().AddAsync(Token("a"));
        Damage();

        var error = await Assert.ThrowsAsync<StoreException>(() => Create().ReadAsync());

        Assert.NotEmpty(error.Remedy);
        await Assert.ThrowsAsync<StoreException>(() => Create().AddAsync(Token("b")));
    }

    private async Task<IEnumerable<StoredToken>> ReadAsync() => (await Create().ReadAsync()).OrderBy(token => token.Name);

    private static StoredToken Token(string name) => new(name, "viewer", $"hash of {name}", T0);
}

public sealed class FileTokensTests : TokensSuite, IDisposable
{
    private readonly TempDirectory _directory = new();

    private string TokensFile => _directory.File("tokens.json");

    public void Dispose() => _directory.Dispose();

    protected override ITokenHashes Create() => new FileTokens(TokensFile);

    protected override void Block() => Directory.CreateDirectory(TokensFile + ".tmp");

    protected override void Damage() => File.WriteAllText(TokensFile, "{");

    [Theory]
    [InlineData("", "input does not contain")]
    [InlineData("null", "null")]
    [InlineData("""{"version":2,"tokens":[]}""", "version 2")]
    [InlineData(
        """{"version":1,"tokens":[{"name":"a","role":"root","hash":"00","created":"2026-11-23T12:00:00+00:00"}]}""",
        "viewer, operator, admin"
    )]
    [InlineData("""{"version":1,"tokens":[{"name":"a","role":"viewer","created":"2026-11-23T12:00:00+00:00"}]}""", "hash")]
    public async Task A_damaged_file_is_named_with_what_is_wrong(string content, string told)
    {
        await File.WriteAllTextAsync(TokensFile, content);

        var error = await Assert.ThrowsAsync<StoreException>(() => Create().ReadAsync());

        Assert.Contains(TokensFile, error.Reason, StringComparison.Ordinal);
        Assert.Contains(told, error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_is_the_owners_alone()
    {
        await Create().AddAsync(new("a", "viewer", "00", DateTimeOffset.UnixEpoch));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(TokensFile));
        Assert.Equal([TokensFile], Directory.GetFiles(_directory.Path));
    }
}
