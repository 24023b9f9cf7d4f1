using System.Diagnostics;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Qemu.Tests.Ledger;

namespace QgaOrchestrator.Qemu.Tests.Processes;

public sealed class HostProcessesTests
{
    private static readonly LedgerEntry _here = TempLedger.Entry() with { BootId = HostProcesses.BootId() };

    [Fact]
    public void A_process_is_told_from_a_later_one_with_its_pid()
    {
        var ticks = HostProcesses.StartTicks(Environment.ProcessId);
        Assert.NotNull(ticks);
        var ours = new QemuProcess(Environment.ProcessId, ticks.Value, 0);
        Assert.Equal(ProcessState.Running, EntryProcess.StateOf(_here with { Qemu = ours }));
        Assert.Equal(ProcessState.Gone, EntryProcess.StateOf(_here with { Qemu = ours with { StartTicks = ticks.Value - 1 } }));
        Assert.Equal(ProcessState.Gone, EntryProcess.StateOf(_here with { Qemu = ours, BootId = "an earlier one" }));
    }

    [Fact]
    public void Killing_an_unknown_process_has_no_effect()
    {
        Assert.Equal(ProcessState.CannotTell, EntryProcess.StateOf(_here with { Qemu = null }));
        Assert.Equal(ProcessState.CannotTell, EntryProcess.StateOf(_here with { Qemu = new QemuProcess(0, 0, 0) }));
    }

    [Fact]
    public async Task A_process_that_has_ended_is_gone()
    {
        using var child = Process.Start(new ProcessStartInfo("cat") { RedirectStandardInput = true })!;
        var ticks = HostProcesses.StartTicks(child.Id);
        child.StandardInput.Close();
        await child.WaitForExitAsync();
        Assert.Equal(ProcessState.Gone, EntryProcess.StateOf(_here with { Qemu = new QemuProcess(child.Id, ticks!.Value, 0) }));
    }
}
