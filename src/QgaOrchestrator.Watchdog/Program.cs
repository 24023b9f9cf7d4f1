using System.Reflection;
using System.Runtime.InteropServices;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;
using QgaOrchestrator.Watchdog;

if (args is ["--help" or "-h"])
{
    Console.WriteLine(WatchdogOptions.Usage);
    return 0;
}
if (args is ["--version"])
{
    var version = typeof(WatchdogOptions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>();
    Console.WriteLine($"qga-watchdog {version?.InformationalVersion}");
    return 0;
}

WatchdogOptions options;
try
{
    options = WatchdogOptions.Parse(args, Environment.GetEnvironmentVariable);
}
catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync($"qga-watchdog: {e.Message}\n{WatchdogOptions.Usage}");
    return 2;
}

// Out of the node's session: a terminal that closes, or a signal to its group, is not to end the thaw of last resort.
Native.LeaveSession();
OwnFiles.KeepToOwner();
var ledger = FreezeLedger.At(options.Ledger);
try
{
    ledger = FreezeLedger.Open(options.Ledger);
    if (options.LogFile is not null)
        Native.RedirectOutput(options.LogFile);
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync($"qga-watchdog: {e.Message}");
    return 1;
}

using var instance = WatchdogInstance.TryAcquire(ledger);
if (instance is null)
{
    await Console.Error.WriteLineAsync(
        $"qga-watchdog: process {WatchdogInstance.Holder(ledger)?.ToString() ?? "(just starting)"} watches {ledger.Directory} "
            + $"already"
    );
    return 2;
}

using var log = new Log(Console.Error, TimeProvider.System);
using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true);

await Rehearsal.RunAsync(ledger, TimeProvider.System, log);
try
{
    using var guard = new Guard(ledger, options.Stays, TimeProvider.System, log);
    await guard.RunAsync(stop.Token);
    return 0;
}
catch (WatchdogException e)
{
    log.Line(e.Message);
    return 1;
}
