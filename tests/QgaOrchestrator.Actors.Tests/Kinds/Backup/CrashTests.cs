using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Kinds.Backup;

/// <summary>The node ends at each step of a backup; its successor finds what there is.</summary>
public class CrashTests : OneHost
{
    [Fact]
    public async Task A_crash_before_the_window_undoes_the_attempt_and_the_run_starts_another()
    {
        using (var hang = Vm.Monitor.On("blockdev-create", Act.Hang).Once())
        {
            await StartAsync();
            Order(Item());
            await hang.Reached.WaitAsync(Limit);
            await CrashAsync();
        }
        await StartAsync();
        Assert.Equal(ItemState.Interrupted, Run(Item(resume: true)).State);
        NothingIsLeft();
        Assert.Equal(ItemState.Succeeded, Run(Item() with { Attempt = 2 }).State);
        Assert.Single(Vm.Cuts);
        Assert.Equal(3, Files().Count);
    }

    [Fact]
    public async Task Inside_the_window_the_guest_is_thawed_and_the_attempt_undone()
    {
        var hang = Vm.Monitor.On("transaction", Act.Hang);
        await StartAsync();
        Order(Item());
        await hang.Reached.WaitAsync(Limit);
        Assert.True(Vm.Guest.IsFrozen);
        await CrashAsync();
        hang.Dispose();
        await AdoptedAndUndoneAsync();
    }

    [Fact]
    public async Task After_the_cut_and_before_the_thaw_the_guest_is_thawed_and_the_copies_cancelled()
    {
        var hang = Vm.Monitor.On("transaction", Act.Execute, Act.Hang);
        await StartAsync();
        Order(Item());
        await Simulated.Journal.Until(fact => fact.Kind == "cut").WaitAsync(Limit);
        await CrashAsync();
        hang.Dispose();
        Assert.True(Vm.Guest.IsFrozen);
        await AdoptedAndUndoneAsync();
    }

    [Fact]
    public async Task During_the_copy_behind_a_good_window_it_goes_on()
    {
        using (Vm.Jobs.Hold("backup"))
        {
            await StartAsync();
            Order(Item());
            Runs.FishForMessage<QgaOrchestrator.Actors.Messages.ItemMoved>(m => m.Progress.Step == "copy", Limit);
            await CrashAsync();
        }
        Assert.False(Vm.Guest.IsFrozen);
        Begin();
        var outcome = Run(Item(resume: true));
        Assert.Equal((ItemState.Succeeded, null), (outcome.State, outcome.Reason));
        Assert.Equal("filesystem", BackupValues.Of(outcome.Values).Point!.Class);
        Assert.Single(Vm.Guest.Freezes);
        Assert.Empty(Vm.Blocks.Leftovers);
        Assert.Empty(Vm.Jobs.All);
        Assert.Equal(3, Files().Count);
    }

    [Fact]
    public async Task A_monitor_that_is_late_behind_a_crash_leaves_nothing_of_the_attempt()
    {
        var hang = Vm.Monitor.On("transaction", Act.Execute, Act.Hang);
        await StartAsync();
        Order(Item());
        await Simulated.Journal.Until(fact => fact.Kind == "cut").WaitAsync(Limit);
        await CrashAsync();
        hang.Dispose();
        Vm.Monitor.On(SimulatedMonitor.Greeting, Act.Silence).Once();
        Begin();
        Assert.Equal(ItemState.Unreachable, Run(Item(resume: true)).State);
        NothingIsLeft();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_point_json_the_item_has_succeeded(bool monitorIsLate)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Catalog = _ =>
        {
            written.TrySetResult();
            return new TaskCompletionSource().Task;
        };
        await StartAsync();
        Order(Item());
        await written.Task.WaitAsync(Limit);
        await CrashAsync();
        Catalog = _ => Task.CompletedTask;
        if (monitorIsLate) Vm.Monitor.On(SimulatedMonitor.Greeting, Act.Silence).Once();
        Begin();
        var outcome = Run(Item(resume: true));
        Assert.Equal((ItemState.Succeeded, "filesystem"), (outcome.State, BackupValues.Of(outcome.Values).Point?.Class));
        Assert.Single(Vm.Cuts);
        Assert.Equal(3, Files().Count);
    }

    private async Task AdoptedAndUndoneAsync()
    {
        Begin();
        await Vm.Guest.WhenThawed().WaitAsync(Limit);
        var outcome = Run(Item(resume: true));
        Assert.Equal(ItemState.Interrupted, outcome.State);
        NothingIsLeft();
        Assert.Null(await EntryAsync(entry => entry is null));
        Assert.Single(Vm.Guest.Freezes);
        lock (Audited) Assert.Equal(("node", "thaw", "r1"), Audited.Select(line => (line.Who, line.What, line.Run)).Single());
    }
}
