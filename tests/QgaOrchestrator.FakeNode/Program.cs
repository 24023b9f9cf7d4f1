using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;

// A node as the watchdog sees it, in a process that may be killed: `fake-node LEDGER [VM...]` takes the agents' locks,
// connects (and starts a watchdog where there is none), says "connected", and beats until it reads "silence" or its input
// ends. It says "unguarded" when the watchdog has not answered for long.
var ledger = FreezeLedger.Open(args[0]);
var locks =
    args[1..].Select(vm => AgentLock.TryAcquire(ledger, vm) ?? throw new InvalidOperationException($"{vm} is locked")).ToList();
using var client = await WatchdogLauncher.EnsureAsync(ledger, TimeProvider.System, CancellationToken.None);
Console.WriteLine("connected");

using var silence = new CancellationTokenSource();
var beating = BeatAsync();
while (Console.ReadLine() is { } line)
    if (line == "silence")
    {
        await silence.CancelAsync();
        await beating;
        Console.WriteLine("silent");
    }
locks.ForEach(held => held.Dispose());
return 0;

async Task BeatAsync()
{
    using var timer = new PeriodicTimer(WatchdogProtocol.Interval);
    var guarded = true;
    while (!silence.IsCancellationRequested && await timer.WaitForNextTickAsync())
    {
        client.Beat();
        if (client.IsGuarding != guarded)
            Console.WriteLine((guarded = !guarded) ? "guarded" : "unguarded");
    }
}
