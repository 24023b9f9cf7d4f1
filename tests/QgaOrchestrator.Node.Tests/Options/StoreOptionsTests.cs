using QgaOrchestrator.Node.Options;

namespace QgaOrchestrator.Node.Tests.Options;

public sealed class StoreOptionsTests : IDisposable
{
    private const string Good = "Host=db1;Database=qgad;Username=qgad";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_password_in_the_connection_string_is_refused_and_not_repeated()
    {
        var error = Assert.Single(Errors("--Store:ConnectionString=" + Good + ";Password=hunter2"));

        Assert.Contains("Store.PasswordFile", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgresql://qgad:hunter2@db1/qgad", "no connection string")]
    [InlineData("Host=db1;Hots=hunter2", "no connection string")]
    [InlineData("Host=db1;Port=hunter2", "no connection string")]
    [InlineData("Host=db1", "Host, Database and Username are needed")]
    public void A_connection_string_that_is_wrong_is_told_with_an_example_and_without_its_values(string text, string told)
    {
        var error = Assert.Single(Errors("--Store:ConnectionString=" + text));

        Assert.Contains(told, error, StringComparison.Ordinal);
        Assert.Contains("Host=db1;Database=qgad", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead, null)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite, null)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.GroupRead, "chmod 0600")]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.OtherRead, "chmod 0600")]
    public void A_password_file_that_others_can_read_is_refused(UnixFileMode mode, string? told)
    {
        var file = _directory.Write("password", "hunter2\n");
        File.SetUnixFileMode(file, mode);

        var errors = Errors("--Store:ConnectionString=" + Good, "--Store:PasswordFile=" + file);

        if (told is null) Assert.Empty(errors);
        else Assert.Contains(told, Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_file_that_is_missing_or_empty_is_told()
    {
        var empty = _directory.Write("password", "\n");
        File.SetUnixFileMode(empty, UnixFileMode.UserRead);

        Assert.Contains("is empty", Assert.Single(
            Errors("--Store:ConnectionString=" + Good, "--Store:PasswordFile=" + empty)), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Single(
            Errors("--Store:ConnectionString=" + Good, "--Store:PasswordFile=/none")), StringComparison.Ordinal);
    }

    [Fact]
    public void Sqlite_is_refused_with_seeds_and_takes_no_key_of_postgresql()
    {
        var seeds = Errors("--Store:Provider=sqlite", "--Cluster:Seeds:0=hv1:7071");
        Assert.Contains(seeds, error => error.Contains("journal of its own", StringComparison.Ordinal)
            && error.Contains("\"postgresql\"", StringComparison.Ordinal));

        Assert.Equal(
            3, Errors("--Store:Provider=sqlite", "--Store:PasswordFile=/x", "--Store:TokenCache=00:01:00",
                "--Store:ConnectionString=" + Good).Count);
        Assert.DoesNotContain(
            Errors("--Store:ConnectionString=" + Good, "--Cluster:Seeds:0=hv1:7071"),
            error => error.Contains("Store", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("00:00:00", null)]
    [InlineData("24:00:01", "is not a duration")]
    [InlineData("15", "is not a duration")]
    public void How_long_tokens_are_cached_has_a_range(string time, string? told)
    {
        var errors = Errors("--Store:ConnectionString=" + Good, "--Store:TokenCache=" + time);

        if (told is null) Assert.Empty(errors);
        else Assert.Contains(told, Assert.Single(errors), StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Errors(params string[] arguments) => OptionsLoader.Read(
        ["--Store:Provider=postgresql", .. arguments], new Dictionary<string, string>(), "hv1", "/").Errors;
}
