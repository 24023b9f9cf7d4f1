using Microsoft.Extensions.Logging.Abstractions;
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
    public void A_token_is_known_by_its_secret_alone_also_after_a_restart()
    {
        var made = Open().Add("ci", Role.Operator, null)!;

        var known = Assert.IsType<Presented.Known>(Open().Find(made.Secret)).Caller;

        Assert.Equal(("ci", Role.Operator), (known.Name, known.Role));
        Assert.IsType<Presented.Unknown>(Open().Find(made.Secret[..^1]));
        Assert.IsType<Presented.Unknown>(Open().Find(""));
    }

    [Fact]
    public void Neither_the_secret_nor_anything_that_it_can_be_made_of_is_stored()
    {
        var first = Open().Add("a", Role.Viewer, null)!;
        var second = Open().Add("b", Role.Viewer, null)!;

        var stored = File.ReadAllText(TokensFile);

        Assert.StartsWith(TokenStore.SecretPrefix, first.Secret, StringComparison.Ordinal);
        Assert.NotEqual(first.Secret, second.Secret);
        Assert.DoesNotContain(first.Secret[4..], stored, StringComparison.Ordinal);
        Assert.DoesNotContain(first.Secret, first.ToString(), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(TokensFile));
        Assert.Equal(["admin.token", "tokens.json"], Directory.GetFiles(_directory.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void The_admins_file_is_the_token_admin()
    {
        var tokens = Open();

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
    public void A_name_that_means_somebody_is_not_given_again(string name)
    {
        var tokens = Open();
        tokens.Add("taken", Role.Viewer, null);

        Assert.Null(tokens.Add(name, Role.Admin, null));
    }

    [Fact]
    public void A_revoked_one_is_unknown_at_once_and_whoever_holds_on_to_it_is_told()
    {
        var tokens = Open();
        var made = tokens.Add("gone", Role.Viewer, null)!;
        var caller = ((Presented.Known)tokens.Find(made.Secret)).Caller;

        Assert.True(tokens.Revoke("gone"));

        Assert.True(caller.Revoked.IsCancellationRequested);
        Assert.IsType<Presented.Unknown>(tokens.Find(made.Secret));
        Assert.IsType<Presented.Unknown>(Open().Find(made.Secret));
        Assert.False(tokens.Revoke("gone"));
    }

    [Fact]
    public void An_expired_one_is_told_from_an_unknown_one()
    {
        var tokens = Open();
        var end = _time.GetUtcNow().AddHours(1);
        var made = tokens.Add("short", Role.Viewer, end)!;

        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.IsType<Presented.Known>(tokens.Find(made.Secret));
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(new Presented.Expired("short", end), tokens.Find(made.Secret));
    }

    [Fact]
    public async Task The_last_use_is_noted_but_not_at_each_use()
    {
        var tokens = Open();
        var made = tokens.Add("used", Role.Viewer, null)!;

        tokens.Find(made.Secret);
        await tokens.DisposeAsync();
        _time.Advance(TimeSpan.FromMinutes(9));
        tokens.Find(made.Secret);
        Assert.Equal(ManualTime.Noon, Used(tokens));
        _time.Advance(TimeSpan.FromMinutes(2));
        tokens.Find(made.Secret);
        await tokens.DisposeAsync();

        Assert.Equal(_time.GetUtcNow(), Used(Open()));
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_told_and_nothing_has_changed()
    {
        var tokens = Open();
        var made = tokens.Add("stays", Role.Viewer, null)!;
        Directory.CreateDirectory(TokensFile + ".tmp");

        Assert.ThrowsAny<Exception>(() => tokens.Add("more", Role.Viewer, null));
        Assert.ThrowsAny<Exception>(() => tokens.Revoke("stays"));

        Assert.IsType<Presented.Known>(tokens.Find(made.Secret));
        Assert.Equal(["admin", "stays"], tokens.List().Select(token => token.Name));
    }

    [Theory]
    [InlineData("", "input does not contain")]
    [InlineData("null", "null")]
    [InlineData("""{"version":2,"tokens":[]}""", "version 2")]
    [InlineData(
        """{"version":1,"tokens":[{"name":"a","role":"root","hash":"00","created":"2026-11-23T12:00:00+00:00"}]}""",
        "viewer, operator, admin"
    )]
    [InlineData("""{"version":1,"tokens":[{"name":"a","role":"viewer","created":"2026-11-23T12:00:00+00:00"}]}""", "hash")]
    public void A_damaged_file_is_told_and_is_no_empty_list(string content, string told)
    {
        File.WriteAllText(TokensFile, content);

        var error = Assert.Throws<DataDirectoryException>(Open);

        Assert.Contains(TokensFile, error.Message, StringComparison.Ordinal);
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
    }

    private TokenStore Open()
    {
        var tokens = new TokenStore(TokensFile, AdminToken.ReadOrCreate(AdminFile), _time, NullLogger<TokenStore>.Instance);
        _opened.Add(tokens);
        return tokens;
    }

    private static DateTimeOffset? Used(TokenStore tokens) => tokens.List().Single(token => token.Name == "used").LastUsed;
}
