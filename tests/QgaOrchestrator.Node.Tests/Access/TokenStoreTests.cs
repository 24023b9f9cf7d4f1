using Microsoft.Extensions.Logging.Abstractions;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Files;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Data;

namespace QgaOrchestrator.Node.Tests.Access;

public sealed class TokenStoreTests : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly List<TokenStore> _opened = [];
    private readonly ManualTime _time = new();

    private string TokensFile => Path.Combine(_directory.Path, "tokens.json");

    private string AdminFile => Path.Combine(_directory.Path, "admin.token");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var tokens in _opened) await tokens.DisposeAsync();
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_token_is_known_by_its_secret_alone_also_after_a_restart()
    {
        var made = (await (await OpenAsync()).AddAsync("ci", Role.Operator, null))!;

        var known = Assert.IsType<Presented.Known>((await OpenAsync()).Find(made.Secret)).Caller;

        Assert.Equal(("ci", Role.Operator), (known.Name, known.Role));
        Assert.IsType<Presented.Unknown>((await OpenAsync()).Find(made.Secret[..^1]));
        Assert.IsType<Presented.Unknown>((await OpenAsync()).Find(""));
    }

    [Fact]
    public async Task Neither_the_secret_nor_anything_that_it_can_be_made_of_is_stored()
    {
        var first = (await (await OpenAsync()).AddAsync("a", Role.Viewer, null))!;
        var second = (await (await OpenAsync()).AddAsync("b", Role.Viewer, null))!;

        var stored = File.ReadAllText(TokensFile);

        Assert.StartsWith(TokenStore.SecretPrefix, first.Secret, StringComparison.Ordinal);
        Assert.NotEqual(first.Secret, second.Secret);
        Assert.DoesNotContain(first.Secret[4..], stored, StringComparison.Ordinal);
        Assert.DoesNotContain(first.Secret, first.ToString(), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(TokensFile));
        Assert.Equal(["admin.token", "tokens.json"], Directory.GetFiles(_directory.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task The_admins_file_is_the_token_admin()
    {
        var tokens = await OpenAsync();

        var known = Assert.IsType<Presented.Known>(tokens.Find(File.ReadAllText(AdminFile).Trim())).Caller;

        Assert.Equal(("admin", Role.Admin), (known.Name, known.Role));
        Assert.Equal(
            ("admin", "admin", _time.GetUtcNow()),
            tokens.List().Select(token => (token.Name, token.Role, token.LastUsed)).Single()
        );
    }

    [Theory]
    [InlineData("taken")]
    [InlineData("admin")]
    [InlineData("nobody")]
    [InlineData("watchdog")]
    public async Task A_reserved_token_name_is_refused(string name)
    {
        var tokens = await OpenAsync();
        await tokens.AddAsync("taken", Role.Viewer, null);

        Assert.Null(await tokens.AddAsync(name, Role.Admin, null));
    }

    [Fact]
    public async Task A_revoked_token_is_refused_at_once_and_its_open_connections_are_notified()
    {
        var tokens = await OpenAsync();
        var made = (await tokens.AddAsync("gone", Role.Viewer, null))!;
        var caller = ((Presented.Known)tokens.Find(made.Secret)).Caller;

        Assert.True(await tokens.RevokeAsync("gone"));

        Assert.True(caller.Revoked.IsCancellationRequested);
        Assert.IsType<Presented.Unknown>(tokens.Find(made.Secret));
        Assert.IsType<Presented.Unknown>((await OpenAsync()).Find(made.Secret));
        Assert.False(await tokens.RevokeAsync("gone"));
    }

    [Fact]
    public async Task An_expired_token_is_distinguished_from_an_unknown_one()
    {
        var tokens = await OpenAsync();
        var end = _time.GetUtcNow().AddHours(1);
        var made = (await tokens.AddAsync("short", Role.Viewer, end))!;

        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.IsType<Presented.Known>(tokens.Find(made.Secret));
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(new Presented.Expired("short", end), tokens.Find(made.Secret));
    }

    [Fact]
    public async Task The_last_use_is_noted_but_not_at_each_use()
    {
        var tokens = await OpenAsync();
        var made = (await tokens.AddAsync("used", Role.Viewer, null))!;

        tokens.Find(made.Secret);
        await tokens.DisposeAsync();
        _time.Advance(TimeSpan.FromMinutes(9));
        tokens.Find(made.Secret);
        Assert.Equal(ManualTime.Noon, Used(tokens));
        _time.Advance(TimeSpan.FromMinutes(2));
        tokens.Find(made.Secret);
        await tokens.DisposeAsync();

        Assert.Equal(_time.GetUtcNow(), Used((await OpenAsync())));
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_told_and_nothing_has_changed()
    {
        var tokens = await OpenAsync();
        var made = (await tokens.AddAsync("stays", Role.Viewer, null))!;
        Directory.CreateDirectory(TokensFile + ".tmp");

        await Assert.ThrowsAsync<StoreException>(() => tokens.AddAsync("more", Role.Viewer, null));
        await Assert.ThrowsAsync<StoreException>(() => tokens.RevokeAsync("stays"));

        Assert.IsType<Presented.Known>(tokens.Find(made.Secret));
        Assert.Equal(["admin", "stays"], tokens.List().Select(token => token.Name));
    }

    [Fact]
    public async Task A_damaged_file_is_told_and_is_no_empty_list()
    {
        await File.WriteAllTextAsync(TokensFile, "{");

        var error = await Assert.ThrowsAsync<StoreException>(OpenAsync);

        Assert.Contains(TokensFile, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_another_node_added_or_revoked_is_known_at_the_next_look()
    {
        // As a database that both nodes use: each of its changes is one step.
        var shared = new FileTokens(TokensFile);
        var (here, there) = (await OpenAsync(shared), await OpenAsync(shared));
        var stays = (await there.AddAsync("stays", Role.Viewer, null))!;
        var goes = (await there.AddAsync("goes", Role.Viewer, null))!;
        Assert.IsType<Presented.Unknown>(here.Find(stays.Secret));

        await here.LoadAsync();
        Assert.IsType<Presented.Known>(here.Find(stays.Secret));
        var caller = Assert.IsType<Presented.Known>(here.Find(goes.Secret)).Caller;
        await there.RevokeAsync("goes");
        await here.LoadAsync();

        Assert.IsType<Presented.Unknown>(here.Find(goes.Secret));
        Assert.True(caller.Revoked.IsCancellationRequested);
        Assert.IsType<Presented.Known>(here.Find(stays.Secret));
    }

    private Task<TokenStore> OpenAsync() => OpenAsync(new FileTokens(TokensFile));

    private async Task<TokenStore> OpenAsync(FileTokens hashes)
    {
        var tokens = new TokenStore(
            hashes, AdminToken.ReadOrCreate(AdminFile), _time, NullLogger<TokenStore>.Instance);
        _opened.Add(tokens);
        await tokens.LoadAsync();
        return tokens;
    }

    private static DateTimeOffset? Used(TokenStore tokens) => tokens.List().Single(token => token.Name == "used").LastUsed;
}
