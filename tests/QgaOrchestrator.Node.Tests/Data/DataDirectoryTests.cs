using System.Globalization;
using QgaOrchestrator.Node.Data;

namespace QgaOrchestrator.Node.Tests.Data;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Data => Path.Combine(_directory.Path, "data");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_data_directory_is_private_to_its_owner()
    {
        using var data = DataDirectory.Open(Data);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Data));
    }

    [Fact]
    public void A_data_directory_that_others_can_read_is_refused_with_the_mending_command()
    {
        Directory.CreateDirectory(Data);
        File.SetUnixFileMode(Data, (UnixFileMode)Convert.ToInt32("755", 8));
        var error = Assert.Throws<DataDirectoryException>(() => DataDirectory.Open(Data));
        Assert.Contains($"chmod 0700 {Data}", error.Message, StringComparison.Ordinal);

        File.SetUnixFileMode(Data, (UnixFileMode)Convert.ToInt32("711", 8));
        DataDirectory.Open(Data).Dispose();
    }

    [Fact]
    public void What_an_earlier_version_left_readable_is_closed()
    {
        Directory.CreateDirectory(Path.Combine(Data, "results"));
        File.SetUnixFileMode(Data, (UnixFileMode)Convert.ToInt32("711", 8));
        File.WriteAllText(Path.Combine(Data, "journal.db"), "");
        using var data = DataDirectory.Open(Data);
        Assert.Equal((UnixFileMode)Convert.ToInt32("600", 8), File.GetUnixFileMode(Path.Combine(Data, "journal.db")));
        Assert.Equal((UnixFileMode)Convert.ToInt32("700", 8), File.GetUnixFileMode(Path.Combine(Data, "results")));
    }

    [Fact]
    public void A_token_file_that_others_can_write_to_is_refused()
    {
        var file = _directory.Write("admin.token", new string('x', 43));
        File.SetUnixFileMode(file, (UnixFileMode)Convert.ToInt32("666", 8));
        Assert.Contains(
            $"chmod go-w {file}",
            Assert.Throws<DataDirectoryException>(() => AdminToken.ReadOrCreate(file)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_second_node_is_refused_and_told_who_holds_it()
    {
        using var first = DataDirectory.Open(Data);

        var error = Assert.Throws<DataDirectoryException>(() => DataDirectory.Open(Data));

        Assert.Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_lock_goes_with_its_holder()
    {
        DataDirectory.Open(Data).Dispose();

        DataDirectory.Open(Data).Dispose();
    }

    [Fact]
    public void The_token_is_made_once_and_only_the_owner_reads_it()
    {
        using var data = DataDirectory.Open(Data);
        AdminToken.ReadOrCreate(data.TokenFile);
        var made = File.ReadAllText(data.TokenFile).Trim();

        var again = AdminToken.ReadOrCreate(data.TokenFile);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(data.TokenFile));
        Assert.Equal(43, made.Length);
        Assert.True(again.Matches(made));
        Assert.False(again.Matches(made[..^1]));
        Assert.DoesNotContain(made, again.ToString()!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_file_without_a_token_is_an_error_and_not_an_open_door()
    {
        var file = _directory.Write("admin.token", "\n");

        Assert.Throws<DataDirectoryException>(() => AdminToken.ReadOrCreate(file));
    }
}
