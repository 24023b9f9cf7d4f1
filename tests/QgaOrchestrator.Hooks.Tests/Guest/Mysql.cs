using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Databases;

namespace QgaOrchestrator.Hooks.Tests.Guest;

/// <summary>MariaDB, on a unix socket alone.</summary>
internal sealed class Mysql : DatabaseServer
{
    /// <summary>As 60-mysql.conf has it.</summary>
    public string Client => $"mariadb --no-defaults --user=root --socket={Folder}/sock";

    protected override string PidFile => Path.Combine(Folder, "pid");

    public static async Task<Mysql> StartAsync()
    {
        var program = Tool.Which("mariadbd");
        if (Missing(program, "MariaDB", "mysql") is { } missing)
        {
            Skip.IfNot(LabHost.MustWork, missing);
            throw new LabException(missing);
        }
        var server = new Mysql();
        await server.OwnAsync("mysql");
        var make = As(
            "mysql",
            "mariadb-install-db",
            "--no-defaults",
            "--auth-root-authentication-method=normal",
            "--datadir=" + server.Data
        );
        await Tool.MustAsync(make[0], make[1..]);
        await server.RunAsync(
            As(
                "mysql",
                program!,
                "--no-defaults",
                "--skip-networking",
                "--datadir=" + server.Data,
                $"--socket={server.Folder}/sock",
                "--pid-file=" + server.PidFile
            ),
            async () => (await server.SqlAsync("SELECT 1")).ExitCode == 0
        );
        return server;
    }

    public async Task<string> AskAsync(string sql) =>
        await SqlAsync(sql) is { ExitCode: 0 } said ? said.Output.Trim() : throw new LabException(sql);

    /// <summary>Whether a write finds its way; one that is locked out gives up after a second.</summary>
    public async Task<bool> WritesAsync() =>
        (await SqlAsync("SET lock_wait_timeout = 1; CREATE OR REPLACE TABLE mysql.probe (a int)")).ExitCode == 0;

    /// <summary>Ends every session but the asking one.</summary>
    public async Task KillSessionsAsync()
    {
        foreach (
            var id in (
                await AskAsync("SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND user = 'root'")
            ).Split('\n')
        )
            await AskAsync($"KILL {id}");
    }

    public Task<ToolResult> SqlAsync(string sql)
    {
        var ask = Client.Split(' ');
        return Tool.RunAsync(ask[0], [.. ask[1..], "--batch", "--skip-column-names", "--execute=" + sql]);
    }
}
