using System.Diagnostics;
using QgaOrchestrator.Qemu.Ledger.Watchdog;

namespace QgaOrchestrator.Watchdog.Tests;

/// <summary>What nobody reads delays nothing.</summary>
public sealed class LogTests
{
    [Fact]
    public async Task A_writer_that_is_stuck_delays_nobody_and_the_lines_that_did_not_fit_are_counted()
    {
        using var stuck = new StuckWriter();
        using (var log = new Log(stuck, TimeProvider.System))
        {
            log.Line("first");
            await stuck.IsWriting;
            for (var i = 0; i < 1500; i++) log.Line($"{i}"); // returns: the writer is still stuck
            stuck.Free();
        }
        Assert.Equal(1002, stuck.Lines.Count);
        Assert.EndsWith("500 lines are missing here: nobody read this log in time", stuck.Lines[1], StringComparison.Ordinal);
        Assert.EndsWith(" 999", stuck.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_full_unread_stderr_the_watchdog_still_thaws()
    {
        await using var host = new Host(20);
        var pipe = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using (var made = Process.Start("mkfifo", [pipe])) await made.WaitForExitAsync();
        // The shell holds both ends open, fills the pipe, and becomes the watchdog, whose every line then blocks.
        var watchdog = Process.Start("sh", ["-c", "exec 3<>\"$0\" 2>&3; head -c 65536 /dev/zero >&3; exec \"$1\" \"$2\"",
            pipe, Path.Combine(AppContext.BaseDirectory, "qga-watchdog"), $"--Freeze:Ledger={host.Ledger.Directory}"]);
        try
        {
            // A node that finds none would start another.
            await host.SeenAsync(() => WatchdogInstance.Holder(host.Ledger) == watchdog.Id ? host : null);
            await using var node = await host.NodeAsync([.. host.Fleet.Vms.Select(vm => vm.Name)]);
            foreach (var vm in host.Fleet.Vms) host.Freeze(vm);
            node.Signal("KILL");
            foreach (var vm in host.Fleet.Vms) await host.ThawedAsync(vm);
        }
        finally
        {
            watchdog.Kill();
            await watchdog.WaitForExitAsync();
            watchdog.Dispose();
            File.Delete(pipe);
        }
    }

    private sealed class StuckWriter : StringWriter
    {
        private readonly TaskCompletionSource _writing = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _free = new();

        public List<string> Lines { get; } = [];

        public Task IsWriting => _writing.Task;

        public void Free() => _free.Set();

        public override void WriteLine(string? value)
        {
            _writing.TrySetResult();
            _free.Wait();
            Lines.Add(value!);
        }

        protected override void Dispose(bool disposing)
        {
            _free.Dispose();
            base.Dispose(disposing);
        }
    }
}
