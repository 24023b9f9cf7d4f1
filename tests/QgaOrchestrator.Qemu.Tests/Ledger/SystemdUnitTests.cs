using QgaOrchestrator.Qemu.Ledger.Watchdog;

namespace QgaOrchestrator.Qemu.Tests.Ledger;

/// <summary>Who is a service of systemd's, by what systemd leaves in a process's environment and control group.</summary>
public sealed class SystemdUnitTests
{
    private const string Service = "0::/system.slice/qgad.service\n";
    private const string Session = "0::/user.slice/user-1000.slice/session-3.scope\n";

    [Theory]
    [InlineData("the unit's main process", "4711", Service, "qgad.service")]
    [InlineData(
        "the main process of a unit of another name",
        "4711",
        "0::/system.slice/backup-node.service\n",
        "backup-node.service"
    )]
    [InlineData("behind a script that the unit runs", "4710", Service, "qgad.service")]
    [InlineData("a systemd before 248", null, Service, "qgad.service")]
    [InlineData("control groups of version 1", null, "12:cpu:/\n1:name=systemd:/system.slice/qgad.service\n", "qgad.service")]
    [InlineData("a shell of a user's session", "812", Session, null)]
    [InlineData("a shell below another service, as a CI runner", "812", "0::/system.slice/runner.service\n", null)]
    [InlineData(
        "a user's service manager",
        "812",
        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope\n",
        null
    )]
    [InlineData("no control group", null, "", null)]
    public void A_service_is_known_by_its_own_pid_or_its_control_group(string what, string? execPid, string group, string? unit)
    {
        var environment = new Dictionary<string, string?> { ["INVOCATION_ID"] = "c0ffee", ["SYSTEMD_EXEC_PID"] = execPid };
        Assert.True(unit == SystemdUnit.Of(environment.GetValueOrDefault, 4711, group), what);
    }

    [Fact]
    public void A_process_that_systemd_did_not_start_is_no_unit() => Assert.Null(SystemdUnit.Of(_ => null, 4711, Service));

    [Fact]
    public async Task A_unit_starts_no_watchdog_and_names_the_command_that_does()
    {
        using var temp = new TempLedger();
        var time = new ManualTime();
        var reaching = WatchdogLauncher.EnsureAsync(temp.Ledger, time, CancellationToken.None, unit: "qgad.service");
        while (!reaching.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        var error = await Assert.ThrowsAsync<WatchdogException>(() => reaching);
        Assert.Contains("qgad.service", error.Message, StringComparison.Ordinal);
        Assert.Equal("Start its unit: systemctl start qga-watchdog", error.Remedy);
        Assert.Empty(Directory.GetFileSystemEntries(temp.Ledger.Directory));
    }
}
