namespace QgaOrchestrator.Lab.Tests;

/// <summary>What the demo rests on: the check tells a cut of frozen disks from one of disks in use.</summary>
public sealed class ImageCheckTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task A_cut_of_frozen_disks_passes_with_all_that_was_synced_before_the_freeze()
    {
        await using var lab = await RealVmLab.OpenAsync();
        var vm = await lab.StartAsync("frozen");
        await vm.Synced.WritesAfterAsync(vm.Synced.Latest, Limit);

        var images = await DiskCut.TakeAsync(vm, lab.Folder, frozen: true);

        await Poll.UntilAsync("thaw", Limit, () => vm.Synced.Hooks is [.., { What: "thaw" }]);
        var synced = vm.Synced.Hooks.Last(hook => hook.What == "freeze").Numbers;
        foreach (var (disk, image) in images.Index())
        {
            var report = await ImageCheck.RunAsync(image, synced[disk]);
            Assert.True(report.Passed, report.ToString());
            Assert.NotEqual(0, report.AsItIs.Files);
        }
        await vm.Synced.WritesAfterAsync(vm.Synced.Latest, Limit);
    }

    [SkippableFact]
    public async Task A_cut_of_disks_in_use_fails_and_lost_what_the_guest_had_written_but_not_synced()
    {
        await using var lab = await RealVmLab.OpenAsync();
        var vm = await lab.StartAsync("inuse");
        await vm.Synced.WritesAfterAsync(vm.Synced.Latest, Limit);

        foreach (var image in await DiskCut.TakeAsync(vm, lab.Folder, frozen: false))
        {
            var report = await ImageCheck.RunAsync(image, 1);
            Assert.False(report.Passed);
            Assert.True(report.NeedsRecovery);
            Assert.True(report.Replayed!.Empty > 0, report.ToString());
        }
    }

    [SkippableFact]
    public async Task A_crashed_VM_restarts_from_its_command_line_and_has_all_that_it_had_synced()
    {
        await using var lab = await RealVmLab.OpenAsync();
        var vm = await lab.StartAsync("again");
        await vm.Synced.WritesAfterAsync(vm.Synced.Latest, Limit);
        await vm.StopAsync(crash: true);
        var synced = vm.Synced.Latest;

        await vm.BootAsync();
        await vm.Synced.WritesAfterAsync(synced, Limit);
        var images = await DiskCut.TakeAsync(vm, lab.Folder, frozen: true);

        foreach (var (disk, image) in images.Index())
        {
            var records = (await ImageCheck.RunAsync(image, synced[disk])).AsItIs.Records;
            Assert.True(records is { Damaged: 0, Gaps: 0 } && records.Last > synced[disk], records.ToString());
        }
    }
}
