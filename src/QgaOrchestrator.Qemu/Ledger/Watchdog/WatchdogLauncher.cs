using System.ComponentModel;
using System.Diagnostics;

namespace QgaOrchestrator.Qemu.Ledger.Watchdog;

/// <summary>
/// Finds the ledger's watchdog, and starts one where nobody listens. A node that is a unit of systemd's starts none: it would
/// lie in the node's control group, and end with the node that it is to outlive.
/// </summary>
public static class WatchdogLauncher
{
    private const string Program = "qga-watchdog";

    /// <summary>A cold start on a busy host.</summary>
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(15);

    /// <summary>The watchdog's unit is started again at once by systemd.</summary>
    private static readonly TimeSpan RestartTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(25);

    /// <summary>Where a watchdog that we started writes what it has to say.</summary>
    public static string LogOf(FreezeLedger ledger)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        return Path.Combine(ledger.Directory, "watchdog.log");
    }

    /// <summary>Connects to the ledger's watchdog; starts one first if there is none.</summary>
    /// <param name="unit">This process's unit of systemd's: none is started, its own unit is waited for. Null: there is
    /// none.</param>
    /// <exception cref="WatchdogException">It refused us, cannot be started, or did not listen within 15 s; in a unit 5
    /// s.</exception>
    public static async Task<WatchdogClient> EnsureAsync(
        FreezeLedger ledger, TimeProvider time, CancellationToken stop, string? unit = null)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(time);
        var (client, _) = await TryAsync(ledger, time, stop).ConfigureAwait(false);
        if (client is not null) return client;
        if (unit is null) Start(ledger, AppContext.BaseDirectory);

        var started = time.GetTimestamp();
        while (true)
        {
            // It is not listening yet, or an older one is just ending.
            await Task.Delay(Retry, time, stop).ConfigureAwait(false);
            (client, var none) = await TryAsync(ledger, time, stop).ConfigureAwait(false);
            if (client is not null) return client;
            if (time.GetElapsedTime(started) < (unit is null ? StartTimeout : RestartTimeout)) continue;
            throw unit is null
                ? new WatchdogException(
                    $"{none!.Message}; the one that was started says why in {LogOf(ledger)}", none.InnerException)
                : new WatchdogException(
                    $"{none!.Message}; as the systemd unit {unit} the node starts no watchdog, since that would end "
                        + "with the node",
                    none.InnerException)
                {
                    Remedy = "Start its unit: systemctl start qga-watchdog",
                };
        }
    }

    /// <returns>The watchdog, or why there is none. A socket that nobody has made is not tried: the first exception of a
    /// process costs a tenth of a second.</returns>
    /// <exception cref="WatchdogException">It refused us.</exception>
    private static async Task<(WatchdogClient? Found, WatchdogException? None)> TryAsync(
        FreezeLedger ledger, TimeProvider time, CancellationToken stop)
    {
        var path = WatchdogProtocol.SocketOf(ledger);
        if (!File.Exists(path)) return (null, new WatchdogException($"No watchdog on {path}: there is no such socket"));
        try
        {
            return (await WatchdogClient.ConnectAsync(ledger, time, stop).ConfigureAwait(false), null);
        }
        catch (WatchdogException e) when (e.InnerException is not null)
        {
            return (null, e);
        }
    }

    /// <summary>Starts a watchdog from this directory; it leaves our session by itself, and outlives us.</summary>
    /// <exception cref="WatchdogException">It is not there, or cannot be executed.</exception>
    public static void Start(FreezeLedger ledger, string directory)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        var executable = Path.Combine(directory, Program);
        var assembly = executable + ".dll";
        var start = File.Exists(executable) ? new ProcessStartInfo(executable)
            : File.Exists(assembly) ? new ProcessStartInfo("dotnet", [assembly])
            : throw new WatchdogException($"There is no {Program} in {directory}");
        start.ArgumentList.Add($"--Freeze:Ledger={ledger.Directory}");
        start.ArgumentList.Add($"--log={LogOf(ledger)}");
        start.UseShellExecute = false;
        start.WorkingDirectory = "/";
        try
        {
            using var process = Process.Start(start);
        }
        catch (Win32Exception e)
        {
            throw new WatchdogException($"{start.FileName} cannot be started: {e.Message}", e);
        }
    }
}
