using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Qemu.Tests.Ledger;

public sealed class FreezeLedgerTests : IDisposable
{
    private readonly TempLedger _temp = new();

    private FreezeLedger Ledger => _temp.Ledger;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_written_entry_can_be_read_and_a_later_write_replaces_it()
    {
        var entry = TempLedger.Entry();
        Ledger.Write(entry);
        Assert.Equal(entry, Ledger.Read("db1"));
        var thawed = entry with { Phase = LedgerPhase.Thawed, Qemu = null, Uuid = null };
        Ledger.Write(thawed);
        Assert.Equal(thawed, Ledger.Read("db1"));
        Assert.Null(Ledger.Read("db2"));
    }

    [Fact]
    public void A_ledger_entry_is_private_and_writing_it_leaves_no_other_file()
    {
        Ledger.Write(TempLedger.Entry());
        var file = Assert.Single(Directory.GetFiles(Ledger.Directory));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Ledger.Directory));
    }

    [Fact]
    public void The_stored_format_is_the_golden_file()
    {
        var golden = Path.Combine(AppContext.BaseDirectory, "Ledger", "Golden", "db1.freeze.json");
        Ledger.Write(TempLedger.Entry());
        Assert.Equal(File.ReadAllText(golden).TrimEnd(), File.ReadAllText(Ledger.PathOf("db1")));
        File.Copy(golden, Ledger.PathOf("db1"), overwrite: true);
        Assert.Equal(TempLedger.Entry(), Ledger.Read("db1"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"version\":1,\"kind\":\"freeze\"}")]
    [InlineData("{\"version\":1,\"kind\":\"freeze\",\"entry\":null}")]
    [InlineData("{\"version\":1,\"kind\":\"freeze\",\"entry\":{\"vm\":\"broken\"}}")]
    public void A_damaged_file_is_told_with_its_path_and_stops_no_other(string text)
    {
        var path = _temp.Put("broken.freeze.json", text);
        Ledger.Write(TempLedger.Entry());
        var all = Ledger.ReadAll();
        Assert.Equal("db1", Assert.Single(all.Entries).Vm);
        Assert.Equal(path, Assert.Single(all.Damaged).Path);
        Assert.Contains(
            path, Assert.Throws<LedgerDamagedException>(() => Ledger.Read("broken")).Message, StringComparison.Ordinal);
        Assert.Throws<LedgerDamagedException>(() => Ledger.Remove("broken", "w1"));
        Assert.True(File.Exists(path));
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2", "version 2")]
    [InlineData("\"kind\": \"freeze\"", "\"kind\": \"thaw\"", "thaw")]
    [InlineData("\"vm\": \"db1\"", "\"vm\": \"db2\"", "db2")]
    [InlineData("\"phase\": \"cut\"", "\"phase\": \"torn\"", "phase")]
    [InlineData("\"phase\": \"cut\"", "\"phase\": 2", "phase")]
    [InlineData("\"window\": \"w1\"", "\"windows\": \"w1\"", "window")]
    public void A_file_of_another_kind_or_with_a_member_missing_says_so(string now, string then, string told)
    {
        Ledger.Write(TempLedger.Entry());
        var text = File.ReadAllText(Ledger.PathOf("db1"));
        Assert.Contains(now, text, StringComparison.Ordinal);
        _temp.Put("db1.freeze.json", text.Replace(now, then, StringComparison.Ordinal));
        Assert.Contains(told, Assert.Single(Ledger.ReadAll().Damaged).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_optional_member_is_passed_over()
    {
        Ledger.Write(TempLedger.Entry());
        var text = File.ReadAllText(Ledger.PathOf("db1"));
        _temp.Put(
            "db1.freeze.json", text.Replace("\"vm\": \"db1\"", "\"vm\": \"db1\", \"mood\": \"good\"", StringComparison.Ordinal));
        Assert.Equal(TempLedger.Entry(), Ledger.Read("db1"));
    }

    [Fact]
    public void A_window_changes_or_removes_only_its_own_entry()
    {
        Ledger.Write(TempLedger.Entry());
        Assert.False(Ledger.Update("db1", "w2", entry => entry with { Phase = LedgerPhase.Thawed }));
        Assert.False(Ledger.Remove("db1", "w2"));
        Assert.False(Ledger.Remove("db2", "w1"));
        Assert.Equal(TempLedger.Entry(), Ledger.Read("db1"));
        Assert.True(Ledger.Update("db1", "w1", entry => entry with { Phase = LedgerPhase.Thawed }));
        Assert.Empty(Ledger.ReadAll().Open);
        Assert.True(Ledger.Remove("db1", "w1"));
        Assert.False(Ledger.Remove("db1", "w1"));
        Assert.Empty(Ledger.ReadAll().Entries);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..%2f")]
    [InlineData("vm é")]
    public void A_name_that_leads_out_of_the_directory_is_refused(string vm) =>
        Assert.Throws<ArgumentException>(() => Ledger.PathOf(vm));

    [Theory]
    [InlineData("..")]
    [InlineData("watchdog")]
    [InlineData("api")]
    [InlineData("a.json")]
    public void Any_proper_name_has_a_file_of_its_own(string vm)
    {
        _temp.Put("api.json", "{}");
        _temp.Put("watchdog.pid", "1");
        Ledger.Write(TempLedger.Entry(vm));
        Assert.Equal(vm, Assert.Single(Ledger.ReadAll().Entries).Vm);
        Assert.Empty(Ledger.ReadAll().Damaged);
    }

    [Fact]
    public void A_missing_directory_is_an_empty_ledger()
    {
        var nowhere = FreezeLedger.At(Path.Combine(Ledger.Directory, "none/"));
        Assert.Empty(nowhere.ReadAll().Entries);
        Assert.Null(nowhere.Read("db1"));
        Assert.False(Directory.Exists(nowhere.Directory));
    }
}
