using System.Diagnostics;
using System.Globalization;

namespace QgaOrchestrator.Lab.Databases;

/// <summary>A real database server in a folder of its own.</summary>
public abstract class DatabaseServer : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private Process? _process;

    /// <summary>Its sockets are here.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("qga-db-").FullName;

    protected string Data => Path.Combine(Folder, "data");

    protected abstract string PidFile { get; }

    protected int Pid => int.Parse(File.ReadLines(PidFile).First(), CultureInfo.InvariantCulture);

    /// <summary>To the server's first process.</summary>
    public void Signal(int signal) => HostProcess.Signal(Pid, signal);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await KillAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Done when it has ended.</summary>
    public async Task KillAsync()
    {
        if (File.Exists(PidFile)) Signal(HostProcess.SigKill);
        if (_process is not null) await _process.WaitForExitAsync();
        _process?.Dispose();
        _process = null;
    }

    /// <summary>Why there can be no server: no program, or, where we are root, no user that it runs as.</summary>
    protected static string? Missing(string? program, string what, string user)
    {
        var isUser = !Environment.IsPrivilegedProcess || File.ReadLines("/etc/passwd").Any(
            line => line.StartsWith(user + ":", StringComparison.Ordinal));
        return program is null ? $"no {what} here" : isUser ? null : $"no user {user} here";
    }

    /// <summary>No server runs as root.</summary>
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
            ["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", Path.Combine(Folder, "log"), .. command]
        );
        await Poll.ForAsync(
            "database server",
            Limit,
            async () => await answers() ? "ready" : null,
            () => File.ReadAllText(Path.Combine(Folder, "log"))
        );
    }
}
