using System.Diagnostics;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Qemu.Tests.Files;

/// <summary>What we obey, and what others may see.</summary>
public sealed class OwnFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("700", null)]
    [InlineData("755", null)]
    [InlineData("775", null)] // our own group
    [InlineData("757", "can be written by others: chmod go-w")]
    public void A_file_that_others_can_write_is_not_trusted(string mode, string? fault)
    {
        var hook = _directory["hook"];
        File.WriteAllText(hook, "");
        File.SetUnixFileMode(hook, (UnixFileMode)Convert.ToInt32(mode, 8));
        Check(fault, OwnFiles.Fault(hook), hook);
    }

    [SkippableTheory]
    [InlineData("chown", "65534", "belongs to user 65534: chown 0")]
    [InlineData("chgrp", "65534", "can be written by others: chmod go-w")]
    public async Task What_belongs_to_another_user_or_group_is_not_obeyed(string command, string id, string fault)
    {
        Skip.If(Environment.UserName != "root", "Another user's file takes root to make.");
        var hook = _directory["hook"];
        await File.WriteAllTextAsync(hook, "");
        File.SetUnixFileMode(hook, (UnixFileMode)Convert.ToInt32("775", 8));
        using (var given = Process.Start(command, [id, hook])) await given.WaitForExitAsync();
        Check(fault, OwnFiles.Fault(hook), hook);
    }

    [Theory]
    [InlineData("700", null)]
    [InlineData("711", null)]
    [InlineData("710", null)]
    [InlineData("750", "its mode is 0750")]
    [InlineData("755", "chmod 0700")]
    [InlineData("1777", "its mode is 01777")]
    public void A_directory_that_others_can_look_into_is_refused_with_the_command_that_mends_it(string mode, string? fault)
    {
        var data = Directory.CreateDirectory(_directory["data"]).FullName;
        File.SetUnixFileMode(data, (UnixFileMode)Convert.ToInt32(mode, 8));
        Check(fault, OwnFiles.DirectoryFault(data), fault ?? "");
    }

    [Fact]
    public void A_ledger_that_others_can_write_to_is_refused()
    {
        var ledger = Directory.CreateDirectory(_directory["ledger"]).FullName;
        File.SetUnixFileMode(ledger, (UnixFileMode)Convert.ToInt32("777", 8));
        var error = Assert.Throws<IOException>(() => FreezeLedger.Open(ledger));
        Assert.Contains($"chmod go-w {ledger}", error.Message, StringComparison.Ordinal);
    }

    private static void Check(string? expected, string? fault, string about)
    {
        if (expected is null) Assert.Null(fault);
        else
        {
            Assert.Contains(expected, fault, StringComparison.Ordinal);
            Assert.Contains(about, fault, StringComparison.Ordinal);
        }
    }
}
