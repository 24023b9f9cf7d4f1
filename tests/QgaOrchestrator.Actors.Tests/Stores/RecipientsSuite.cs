using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Files;

namespace QgaOrchestrator.Actors.Tests.Stores;

/// <summary>What every implementation of <see cref="IRecipients"/> does.</summary>
public abstract class RecipientsSuite
{
    /// <summary>Another object over the same recipients, as a new process makes it.</summary>
    protected abstract IRecipients Create();

    /// <summary>Lets every write fail.</summary>
    protected abstract void Block();

    [Fact]
    public async Task A_kill_after_any_change_loses_none_and_a_repeat_changes_nothing()
    {
        Assert.Empty(await Create().ReadAsync());
        Assert.False(await Create().RemoveAsync("anna"));
        Assert.True(await Create().AddAsync(Of("bert")));
        Assert.True(await Create().AddAsync(Of("anna")));
        Assert.False(await Create().AddAsync(Of("anna") with { Certificate = "another" }));
        Assert.Equal([Of("anna"), Of("bert")], await Create().ReadAsync());
        Assert.True(await Create().RemoveAsync("anna"));
        Assert.False(await Create().RemoveAsync("anna"));
        Assert.Equal([Of("bert")], await Create().ReadAsync());
        Assert.True(await Create().AddAsync(Of("anna") with { Certificate = "another" }));
        Assert.Equal("another", (await Create().ReadAsync())[0].Certificate);
    }

    [Fact]
    public async Task Recipients_that_are_added_at_once_are_all_kept_and_a_name_only_once()
    {
        var recipients = Create();

        var added = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(i => Task.Run(() => recipients.AddAsync(Of($"n{i / 2:00}")))));

        Assert.Equal(20, added.Count(made => made));
        Assert.Equal(20, (await Create().ReadAsync()).Count);
    }

    [Fact]
    public async Task A_change_that_cannot_be_stored_is_an_error_and_not_made()
    {
        await Create().AddAsync(Of("anna"));
        Block();

        await Assert.ThrowsAsync<StoreException>(() => Create().AddAsync(Of("bert")));

        Assert.Equal([Of("anna")], await Create().ReadAsync());
    }

    protected static StoredRecipient Of(string name) => new(name, $"certificate of {name}");
}

public sealed class FileRecipientsTests : RecipientsSuite, IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Recipients => _directory.File("recipients");

    public void Dispose() => _directory.Dispose();

    protected override IRecipients Create() => new FileRecipients(Recipients);

    protected override void Block() => Directory.CreateDirectory(Path.Combine(Recipients, "bert.pem.tmp"));

    [Fact]
    public async Task The_files_are_the_owners_alone_and_hold_the_certificate_as_it_was_given()
    {
        await Create().AddAsync(Of("anna"));

        var file = Assert.Single(Directory.GetFiles(Recipients));
        Assert.Equal(("anna.pem", "certificate of anna"), (Path.GetFileName(file), await File.ReadAllTextAsync(file)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Recipients));
    }

    [Theory]
    [InlineData("anna.pem")]
    [InlineData("")]
    public async Task A_file_or_directory_that_others_can_write_to_is_refused_with_the_command(string open)
    {
        await Create().AddAsync(Of("anna"));
        var path = Path.Combine(Recipients, open).TrimEnd('/');
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.OtherWrite);

        var error = await Assert.ThrowsAsync<StoreException>(() => Create().ReadAsync());

        Assert.Contains($"chmod go-w {path}", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_file_in_the_directory_is_no_recipient()
    {
        await Create().AddAsync(Of("anna"));
        await File.WriteAllTextAsync(Path.Combine(Recipients, "notes.txt"), "mine");
        await File.WriteAllTextAsync(Path.Combine(Recipients, "bert.pem.tmp"), "half of a certi");

        Assert.Equal([Of("anna")], await Create().ReadAsync());
        Assert.True(await Create().AddAsync(Of("bert")));
    }
}
