using QgaOrchestrator.Lab;

namespace QgaOrchestrator.Hooks.Tests.Guest;

/// <summary>60-mysql with a real MariaDB.</summary>
public sealed class MysqlTests(OneServer one) : IClassFixture<OneServer>
{
    [SkippableFact]
    public async Task All_tables_are_locked_from_before_the_freeze_until_after_the_thaw()
    {
        var server = await one.OfAsync(Mysql.StartAsync);
        using var hook = Installed(server);
        Assert.True(await server.WritesAsync());
        var report = await hook.FreezeAndThawAsync(async () => Assert.False(await server.WritesAsync()));
        Assert.Equal("60-mysql", report.Scripts);
        Assert.True(await server.WritesAsync());
        Assert.False(Directory.Exists(Path.Combine(hook.State, "mysql")));
    }

    [SkippableFact]
    public async Task A_lock_that_was_lost_before_the_thaw_is_told()
    {
        var server = await one.OfAsync(Mysql.StartAsync);
        using var hook = Installed(server);
        var report = await hook.FreezeAndThawAsync(server.KillSessionsAsync);
        Assert.False(report.Reported);
        Assert.Contains("the lock was lost before the thaw", report.Note, StringComparison.Ordinal);
        Assert.True((await hook.FreezeAndThawAsync()).Reported);
    }

    [SkippableFact]
    public async Task A_lock_that_nobody_thaws_ends_by_itself()
    {
        var server = await one.OfAsync(Mysql.StartAsync);
        using var hook = Installed(server, "HOLD=1");
        var report = await hook.FreezeAndThawAsync(
            () => Poll.ForAsync("write", TimeSpan.FromSeconds(30), async () => await server.WritesAsync() ? "done" : null));
        Assert.Contains("the lock was lost before the thaw", report.Note, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_lock_behind_a_long_statement_stops_the_freeze_and_is_not_taken_later()
    {
        var server = await one.OfAsync(Mysql.StartAsync);
        using var hook = Installed(server, "WAIT=1");
        await server.AskAsync("CREATE TABLE mysql.busy (a int) ENGINE=MyISAM");
        var busy = server.SqlAsync("LOCK TABLES mysql.busy WRITE; SELECT 'locked'; SELECT SLEEP(60)");
        await Poll.ForAsync("lock", TimeSpan.FromSeconds(30), async () =>
            (await server.AskAsync("SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'")) == "1"
                ? "there"
                : null
        );
        Assert.Contains("Lock wait timeout exceeded", await hook.RefusalAsync(), StringComparison.Ordinal);
        await server.KillSessionsAsync();
        await busy;
        Assert.True(await server.WritesAsync());
    }

    [SkippableFact]
    public async Task Without_a_server_the_freeze_is_refused()
    {
        Skip.If(Tool.Which("mariadb") is null, "no MariaDB here");
        using var hook = new InstalledHook();
        hook.AddOurs("60-mysql", $"CLIENT='mariadb --no-defaults --socket={hook.Folder}/none'\n");
        Assert.Contains("no lock: ERROR 2002", await hook.RefusalAsync(), StringComparison.Ordinal);
    }

    private static InstalledHook Installed(Mysql server, string more = "")
    {
        var hook = new InstalledHook();
        hook.AddOurs("60-mysql", $"CLIENT='{server.Client}'\n{more}\n");
        return hook;
    }
}
