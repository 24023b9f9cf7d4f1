using System.Diagnostics;
using System.Globalization;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.Hooks.Tests.Guest;

/// <summary>A real database server in a folder of its own, on a unix socket alone.</summary>
internal abstract class Server : IAsyncDisposable
{
    protected static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private Process? _process;

    public string Folder { get; } = Directory.CreateTempSubdirectory("qga-db-").FullName;

    protected string Data => Path.Combine(Folder, "data");

    /// <summary>The server's own process.</summary>
    protected abstract string PidFile { get; }

    public void Signal(int signal) =>
        HostProcess.Signal(int.Parse(File.ReadLines(PidFile).First(), CultureInfo.InvariantCulture), signal);

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(PidFile)) Signal(HostProcess.SigKill);
        if (_process is not null) await _process.WaitForExitAsync();
        _process?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Skips where the program, or the user that a server needs where we are root, is missing; in CI that is a
    /// failure.</summary>
    protected static string Need(string? program, string what, string user)
    {
        var isUser = !Environment.IsPrivilegedProcess || File.ReadLines("/etc/passwd").Any(
            line => line.StartsWith(user + ":", StringComparison.Ordinal));
        if (program is not null && isUser) return program;
        var missing = program is null ? $"no {what} here" : $"no user {user} here";
        Skip.IfNot(LabHost.MustWork, missing);
        throw new LabException(missing);
    }

    /// <summary>Neither server runs as root.</summary>
    protected async Task OwnAsync(string user)
    {
        if (Environment.IsPrivilegedProcess) await Tool.MustAsync("chown", user, Folder);
    }

    protected static string[] As(string user, params string[] command) =>
        Environment.IsPrivilegedProcess
            ? ["setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups", .. command]
            : command;

    protected async Task RunAsync(string[] command, Func<Task<bool>> answers)
    {
        _process = Process.Start(
            "/bin/sh",
            ["-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1", "sh", Path.Combine(Folder, "log"), .. command]
        );
        await Poll.ForAsync(
            "database server",
            Limit,
            async () => await answers() ? "ready" : null,
            () => File.ReadAllText(Path.Combine(Folder, "log"))
        );
    }
}

internal sealed class Postgres : Server
{
    protected override string PidFile => Path.Combine(Data, "postmaster.pid");

    public static async Task<Postgres> StartAsync()
    {
        const string user = "postgres";
        var programs = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).LastOrDefault() + "/bin"
            : null;
        var program = Need(
            programs is not null && File.Exists(programs + "/postgres") ? programs + "/postgres" : Tool.Which("postgres"),
            "PostgreSQL",
            user
        );
        var server = new Postgres();
        await server.OwnAsync(user);
        var make = As(
            user,
            Path.Combine(Path.GetDirectoryName(program)!, "initdb"),
            "--no-sync",
            "--auth=trust",
            "--pgdata=" + server.Data
        );
        await Tool.MustAsync(make[0], make[1..]);
        await server.RunAsync(
            As(user, program, "-D", server.Data, "-k", server.Folder, "-c", "listen_addresses="),
            async () => (await server.SqlAsync("SELECT 1")).ExitCode == 0);
        return server;
    }

    public async Task<string> AskAsync(string sql) =>
        await SqlAsync(sql) is { ExitCode: 0 } said ? said.Output.Trim() : throw new LabException(sql);

    private Task<ToolResult> SqlAsync(string sql)
    {
        var ask = As("postgres", "psql", "-XqtA", "--host=" + Folder, "--dbname=postgres", "--command=" + sql);
        return Tool.RunAsync(ask[0], ask[1..]);
    }
}

internal sealed class Mysql : Server
{
    /// <summary>As 60-mysql.conf has it.</summary>
    public string Client => $"mariadb --no-defaults --user=root --socket={Folder}/sock";

    protected override string PidFile => Path.Combine(Folder, "pid");

    public static async Task<Mysql> StartAsync()
    {
        var program = Need(Tool.Which("mariadbd"), "MariaDB", "mysql");
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
                program,
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
