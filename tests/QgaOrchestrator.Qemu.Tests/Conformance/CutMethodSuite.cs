using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Tests.Conformance;

/// <summary>
/// What every cut method keeps to. A new one is written against it: an heir says which method it is, and what its options are.
/// A killed node is one whose objects are dropped; what its successor has is the host, the attempt's names and its plan.
/// </summary>
public abstract class CutMethodSuite : IAsyncLifetime
{
    public enum Step { Prepare, Cut, HalfFinish, Finish, Undo }

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private static readonly HashSet<string> Nobody = [];

    protected CutLab Lab { get; } = new();

    /// <summary>The method's own options, in order.</summary>
    protected virtual IReadOnlyDictionary<string, string> Own => new Dictionary<string, string>();

    protected abstract ICutMethod Method { get; }

    /// <summary>Where the VM is reached, for a method that asks its host; null: it asks the machine alone.</summary>
    protected virtual VmAddress? Address => null;

    public Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync() => await Lab.DisposeAsync();

    [Fact]
    public void Its_own_options_in_order_are_accepted_and_its_name_is_a_word()
    {
        Assert.Empty(Method.Check(Own));
        Assert.All(Own.Keys, option => Assert.Contains(option, Method.Options.Select(own => own.Name)));
        Assert.All(Method.Options, own => Assert.NotEmpty(own.Help));
        Assert.Matches("^[a-z]+$", Method.Name);
        Assert.NotEmpty(Method.Summary);
    }

    [Fact]
    public async Task A_methods_warnings_have_remedies_and_asking_for_them_creates_nothing()
    {
        Assert.All(await Method.WarningsAsync(await JobAsync()), warning =>
        {
            Assert.NotEmpty(warning.What);
            Assert.NotEmpty(warning.Remedy);
        });
        Assert.Empty(Lab.Left());
    }

    [Fact]
    public async Task A_cut_leaves_whole_images_and_nothing_else()
    {
        var (job, names, point) = (await JobAsync(), CutNames.For("run", 0, 1), Lab.NewPoint());
        var cut = Method.Make(job);
        var plan = await cut.PrepareAsync(names, new(point, null), default);
        Assert.Equal(Lab.Vm.Disks.Count, plan.Disks.Count);
        Assert.IsType<CutOutcome.Done>(await cut.CutAsync(plan, Long));
        CopyProgress? last = null;
        await cut.FinishAsync(plan, progress => last = progress, default);
        Assert.Equal(last!.Total, last.Done);
        AssertIsWhole(plan);
        Assert.Empty(Method.Active(Lab.Host));
        Assert.Null(Method.Reminder(Lab.Host, job.Vm));
        Method.RequireSettled(job);
    }

    [Theory]
    [InlineData(Step.Prepare)]
    [InlineData(Step.Cut)]
    [InlineData(Step.HalfFinish)]
    [InlineData(Step.Finish)]
    [InlineData(Step.Undo)]
    public async Task A_node_killed_after_a_step_is_followed_by_one_that_finishes_or_undoes(Step last)
    {
        var names = CutNames.For("run", 0, 1);
        var plan = await BeginAsync(await JobAsync(), names, Lab.NewPoint(), last);
        await FollowAsync(await JobAsync(), names, plan, plan.Directory);
    }

    [Fact]
    public async Task A_node_killed_after_any_QEMU_command_is_followed_by_one_that_finishes_or_undoes()
    {
        for (var (after, killed) = (1, true); killed; after++)
        {
            var (names, point) = (CutNames.For("killed", 0, after), Lab.NewPoint());
            CutPlan? plan = null;
            var machine = await Lab.OpenAsync(after);
            try
            {
                await BeginAsync(JobOn(machine), names, point, Step.Finish, prepared => plan = prepared);
            }
            catch (CutException) when (CutLab.IsKilled(machine))
            {
                // The node is gone.
            }
            killed = CutLab.IsKilled(machine);
            await FollowAsync(await JobAsync(), names, plan, point);
        }
    }

    [Theory]
    [InlineData(Step.Prepare)]
    [InlineData(Step.Cut)]
    public async Task A_sweep_keeps_an_attempt_under_way_and_removes_it_from_QEMU_when_no_run_knows_it(Step last)
    {
        var names = CutNames.For("run", 0, 1);
        var plan = await BeginAsync(await JobAsync(), names, Lab.NewPoint(), last);
        // QEMU makes a node of its own for each copy, and takes it away when that ends.
        string[] before = [.. Lab.Left().Where(IsNamedByUs)];

        HashSet<string> unsettled = [names.Hash];
        var job = await JobAsync();
        Assert.Empty(await Method.SweepAsync(job, unsettled, default));
        Assert.Equal(before, Lab.Left().Where(IsNamedByUs));

        await Method.RecoverAsync(job, () => Task.FromResult<IReadOnlySet<string>>(Nobody), default);
        await Method.SweepAsync(job, Nobody, default);
        Assert.Empty(Lab.Vm.Blocks.Leftovers);
        Assert.Empty(Lab.Vm.Jobs.All);
        Method.RequireSettled(job);
        await Method.Make(job).UndoAsync(names, plan.Directory, default);
        Assert.Empty(Lab.Left());
    }

    [Fact]
    public async Task An_undo_where_nothing_was_made_makes_nothing_and_fails_nothing()
    {
        var (job, point) = (await JobAsync(), Lab.NewPoint());
        await Method.Make(job).UndoAsync(CutNames.For("none", 0, 1), point, default);
        await Method.Make(job).UndoAsync(CutNames.For("none", 0, 1), point, default);
        Assert.Empty(Lab.Left());
        Assert.False(Directory.Exists(point));
    }

    private static bool IsNamedByUs(string name) => !name.Contains('#', StringComparison.Ordinal);

    private async Task<CutJob> JobAsync() => JobOn(await Lab.OpenAsync());

    private CutJob JobOn(IMachine machine) => new(Lab.Host, "h1~vm001", machine) { Own = Own, Address = Address };

    /// <summary>Does the steps to the last one; then the node is killed.</summary>
    private async Task<CutPlan> BeginAsync(
        CutJob job, CutNames names, string point, Step last, Action<CutPlan>? prepared = null)
    {
        var cut = Method.Make(job);
        var plan = await cut.PrepareAsync(names, new(point, null), default);
        prepared?.Invoke(plan);
        if (last > Step.Prepare && await cut.CutAsync(plan, Long) is not CutOutcome.Done && prepared is null)
            Assert.Fail("not cut");
        using var half = new CancellationTokenSource();
        if (last == Step.HalfFinish)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => HalfAsync(cut, plan, half));
        if (last == Step.Finish) await cut.FinishAsync(plan, _ => { }, default);
        if (last == Step.Undo) await cut.UndoAsync(names, point, default);
        job.Machine.Close();
        return plan;
    }

    private static async Task HalfAsync(ICut cut, CutPlan plan, CancellationTokenSource half)
    {
        await cut.FinishAsync(plan, _ => half.Cancel(), half.Token);
        // Whole before it could be killed: that is the step behind.
        half.Token.ThrowIfCancellationRequested();
    }

    /// <summary>What a node does that finds an attempt: by its names, and by its plan as it was stored.</summary>
    private async Task FollowAsync(CutJob job, CutNames names, CutPlan? stored, string point)
    {
        var plan = stored is null ? null : new CutPlan(CutNames.FromHash(names.Hash), point, [.. stored.Disks.Select(Stored)]);
        if (plan is not null && await Method.Make(job).CanFinishAsync(plan, default))
        {
            await Method.Make(job).FinishAsync(plan, _ => { }, default);
            AssertIsWhole(plan);
        }
        await Method.Make(job).UndoAsync(names, point, default);
        Assert.Empty(Lab.Left());
        Assert.False(Directory.Exists(point));
        job.Machine.Close();
    }

    private static PlannedDisk Stored(PlannedDisk disk) =>
        System.Text.Json.JsonSerializer.Deserialize<PlannedDisk>(System.Text.Json.JsonSerializer.Serialize(disk))!;

    private void AssertIsWhole(CutPlan plan)
    {
        Assert.Empty(Lab.Left());
        Assert.All(plan.Disks, disk => Assert.True(File.Exists(disk.Image), disk.Image));
    }
}
