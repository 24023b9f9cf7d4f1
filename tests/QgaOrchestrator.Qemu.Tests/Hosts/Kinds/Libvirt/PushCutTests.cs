using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Push;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Libvirt;

public sealed class PushCutTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = LibvirtLab.Long;
    private static readonly CutNames Names = CutNames.For("run", 0, 1);

    private readonly LibvirtLab _lab = new();
    private IMachine _machine = null!;

    private FakeBackup Backup => _lab.Domains[0].Backup;

    private static ICutMethod Method => LibvirtLab.Kind.Method("full");

    private string Point => Path.Combine(_lab.Root, "point");

    private CutJob Job => new(
        new CutHost(Path.Combine(_lab.Root, "data"), TimeProvider.System)
        {
            Limits = new() { Poll = TimeSpan.FromMilliseconds(10), Removal = TimeSpan.FromSeconds(5) },
        },
        "h1~vm001", _machine);

    public async Task InitializeAsync()
    {
        _machine = await _lab.OpenMachineAsync();
        Directory.CreateDirectory(Point);
    }

    public async Task DisposeAsync()
    {
        await _machine.DisposeAsync();
        await _lab.DisposeAsync();
    }

    [Fact]
    public async Task Targets_are_made_whole_before_the_cut_and_the_note_says_who_works_at_the_domain()
    {
        var plan = await PrepareAsync(Method.Make(Job));
        Assert.Equal([64L << 20, 64L << 20], plan.Disks.Select(disk => disk.Size));
        Assert.All(plan.Disks, disk => Assert.True(File.Exists(disk.Image)));
        Assert.Equal((Names.Hash, Point), PushNote.Read(Backup.Note));
        Assert.Null(Backup.Now);
        Assert.IsType<CutOutcome.Done>(await Method.Make(Job).CutAsync(plan, Long));
        Assert.Equal(plan.Disks.Select(disk => disk.Image), PushXml.Targets(Backup.Now!));
    }

    [Fact]
    public async Task A_copy_is_followed_to_its_end_and_nothing_of_it_is_left()
    {
        var cut = Method.Make(Job);
        var plan = await BeginAsync(cut);
        var half = new TaskCompletionSource<CopyProgress>(TaskCreationOptions.RunContinuationsAsynchronously);
        var finish = cut.FinishAsync(plan, progress => half.TrySetResult(progress), default);
        Assert.Equal(new CopyProgress(64 << 20, 128 << 20), await half.Task.WaitAsync(Long));
        Backup.End();
        await finish.WaitAsync(Long);
        Assert.Null(Backup.Note);
    }

    [Fact]
    public async Task A_copy_that_fails_is_told_with_libvirts_reason()
    {
        var cut = Method.Make(Job);
        var plan = await BeginAsync(cut);
        Backup.End("No space left on device");
        var failed = await Assert.ThrowsAsync<CutException>(() => cut.FinishAsync(plan, _ => { }, default));
        Assert.Contains("No space left on device", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_that_libvirt_forgot_is_no_point()
    {
        var cut = Method.Make(Job);
        var plan = await BeginAsync(cut);
        Backup.Now = null;
        var failed = await Assert.ThrowsAsync<CutException>(() => cut.FinishAsync(plan, _ => { }, default));
        Assert.Contains("no longer knows the copy", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_comes_after_a_killed_one_takes_up_its_copy_by_the_targets()
    {
        var plan = await BeginAsync(Method.Make(Job));
        var next = Method.Make(Job);
        var stored = new CutPlan(CutNames.FromHash(Names.Hash), Point, plan.Disks);
        Assert.True(await next.CanFinishAsync(stored, default));
        var finish = next.FinishAsync(stored, _ => { }, default);
        Backup.End();
        await finish.WaitAsync(Long);
        Assert.False(await next.CanFinishAsync(stored, default));
    }

    [Fact]
    public async Task Undone_a_copy_is_ended_and_its_files_and_note_are_gone()
    {
        var cut = Method.Make(Job);
        await BeginAsync(cut);
        await cut.UndoAsync(Names, Point, default);
        Assert.Equal((1, null, null, false), (Backup.Aborted, Backup.Now, Backup.Note, Directory.Exists(Point)));
        await cut.UndoAsync(Names, Point, default);
        Assert.Equal(1, Backup.Aborted);
    }

    [Fact]
    public async Task A_job_of_somebody_else_is_refused_before_anything_is_made_and_never_ended()
    {
        const string others =
            "<domainbackup mode='push'><disks><disk name='vda'><target file='/their/a'/></disk></disks></domainbackup>";
        Backup.Now = others;
        var refused = await Assert.ThrowsAsync<CutException>(() => PrepareAsync(Method.Make(Job)));
        Assert.Equal("libvirt is at another job on the VM: backup", refused.Message);
        Assert.Null(Backup.Note);
        await Method.Make(Job).UndoAsync(Names, Point, default);
        Assert.Equal((0, others), (Backup.Aborted, Backup.Now));
    }

    [Fact]
    public async Task A_libvirt_without_backups_is_told_before_anything_is_made()
    {
        _lab.Daemon.Version = 7_005_000;
        var refused = await Assert.ThrowsAsync<CutException>(() => PrepareAsync(Method.Make(Job)));
        Assert.Equal("libvirt 7.5.0 with QEMU 7.2.22 is too old for this method: it refuses backups", refused.Message);
        Assert.Contains("or set \"Cut\": \"monitor\"", refused.Remedy, StringComparison.Ordinal);
        Assert.Null(Backup.Note);
    }

    [Fact]
    public async Task A_guest_that_somebody_thawed_behind_its_cut_is_no_sound_cut()
    {
        await using var agent = await _lab.OpenAgentAsync();
        var plan = await PrepareAsync(Method.Make(Job));
        Assert.IsType<AgentOutcome.Returned>(await agent.CallAsync(GuestFsfreezeFreeze.Request, Long));
        Assert.IsType<CutOutcome.Done>(await Method.Make(Job).CutAsync(plan, Long));
        Backup.End();
        var asked = Asked();
        Backup.Began = () =>
        {
            // The look beside the cut is over.
            SpinWait.SpinUntil(() => Asked() > asked, Long);
            agent.CallAsync(GuestFsfreezeThaw.Request, Long).Wait(Long);
        };
        var broken = Assert.IsType<CutOutcome.Unknown>(await Method.Make(Job).CutAsync(plan, Long));
        Assert.Contains("somebody else thawed it", broken.Reason, StringComparison.Ordinal);

        int Asked() => _lab.Vm.Agent.Heard.Count(command => command == GuestFsfreezeStatus.Name);
    }

    [Fact]
    public async Task What_no_run_needs_is_swept_and_an_attempt_under_way_is_kept()
    {
        await BeginAsync(Method.Make(Job));
        Assert.Empty(await Method.SweepAsync(Job, new HashSet<string> { Names.Hash }, default));
        Assert.Equal([$"the attempt {Names.Hash}"], await Method.SweepAsync(Job, new HashSet<string>(), default));
        Assert.Equal((1, null, null), (Backup.Aborted, Backup.Now, Backup.Note));
    }

    [Fact]
    public async Task Before_libvirt_11_10_it_is_told_that_a_shutdown_ends_the_copy()
    {
        var warning = Assert.Single(await Method.WarningsAsync(Job));
        Assert.Equal("libvirt 9.0 ends the copy when the guest shuts down", warning.What);
    }

    [Fact]
    public void A_method_that_libvirt_has_none_of_is_refused_with_those_it_has()
    {
        var refused = Assert.Throws<CutException>(() => LibvirtLab.Kind.Method("snapshot"));
        Assert.Equal("Use one of these: full, hook.", refused.Remedy);
    }

    private Task<CutPlan> PrepareAsync(ICut cut) => cut.PrepareAsync(Names, new(Point, null), default);

    private async Task<CutPlan> BeginAsync(ICut cut)
    {
        var plan = await PrepareAsync(cut);
        Assert.IsType<CutOutcome.Done>(await cut.CutAsync(plan, Long));
        return plan;
    }
}
