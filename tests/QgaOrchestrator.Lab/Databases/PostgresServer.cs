namespace QgaOrchestrator.Lab.Databases;

/// <summary>PostgreSQL, which trusts everybody who comes by its socket, and by its address if it has one.</summary>
public sealed class PostgresServer : DatabaseServer
{
    public const string User = "postgres";

    private readonly string _address;

    private PostgresServer(string address) => _address = address;

    /// <summary>Why none can be started here; null: one can.</summary>
    public static string? WhyNot => Missing(Program, "PostgreSQL", User);

    protected override string PidFile => Path.Combine(Data, "postmaster.pid");

    private static string? Program =>
        Directory.Exists("/usr/lib/postgresql")
        && Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).LastOrDefault() is { } version
        && File.Exists(version + "/bin/postgres")
            ? version + "/bin/postgres"
            : Tool.Which("postgres");

    /// <param name="address">An IPv4 address of this machine to listen at, for all of its subnet of 24 bits, too.</param>
    /// <exception cref="LabException">None can be started here.</exception>
    public static async Task<PostgresServer> StartAsync(string? address = null)
    {
        if (WhyNot is { } missing) throw new LabException(missing);
        var server = new PostgresServer(address ?? "");
        await server.OwnAsync(User);
        var make = As(
            User,
            Path.Combine(Path.GetDirectoryName(Program)!, "initdb"),
            "--no-sync",
            "--auth=trust",
            "--pgdata=" + server.Data
        );
        await Tool.MustAsync(make[0], make[1..]);
        if (address is not null)
            await File.AppendAllTextAsync(Path.Combine(server.Data, "pg_hba.conf"), $"host all all {address}/24 trust\n");
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>What was committed is there again, also behind a kill.</summary>
    public Task StartAgainAsync() => RunAsync(
        As(User, Program!, "-D", Data, "-k", Folder, "-c", "listen_addresses=" + _address, "-c", "fsync=off", "-c", "max_connections=300"),
        async () => (await SqlAsync("SELECT 1")).ExitCode == 0);

    /// <summary>To the server and each of its sessions: stopped, it holds its connections and answers nobody.</summary>
    public void SignalAll(int signal)
    {
        var first = Pid;
        Signal(signal);
        foreach (var child in File.ReadAllText($"/proc/{first}/task/{first}/children").Split(
            ' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            HostProcess.Signal(int.Parse(child, System.Globalization.CultureInfo.InvariantCulture), signal);
    }

    /// <exception cref="LabException">It refuses.</exception>
    public async Task<string> AskAsync(string sql, string database = "postgres") =>
        await SqlAsync(sql, database) is var said && said.ExitCode == 0
            ? said.Output.Trim()
            : throw new LabException($"{sql}: {said.Error}");

    private Task<ToolResult> SqlAsync(string sql, string database = "postgres")
    {
        var ask = As(User, "psql", "-XqtA", "--host=" + Folder, "--dbname=" + database, "--command=" + sql);
        return Tool.RunAsync(ask[0], ask[1..]);
    }
}
