using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Tests.Hosts;
using QgaOrchestrator.Qemu.Tests.Ledger;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Conformance;

/// <summary>
/// What every kind of host keeps to. A new one is written against it: an heir brings the kind, the options of a source that
/// finds the simulated VM vm001, and which of them it needs.
/// </summary>
public abstract class HostKindSuite : IAsyncLifetime
{
    public enum Step { Written, FreezeSent, Frozen, ThawSent }

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private TemporaryDirectory Directory { get; set; } = null!;
    private SimulatedFleet Fleet { get; set; } = null!;

    protected SimulatedVm Vm => Fleet.Vms[0];

    /// <summary>Where the simulated host's file system begins.</summary>
    protected string Root => Directory.Path;

    protected abstract IHostKind Kind { get; }

    /// <summary>Options of a source that finds the VM.</summary>
    protected abstract IReadOnlyDictionary<string, string> Options { get; }

    /// <summary>Options without which a source is refused.</summary>
    protected abstract IReadOnlyList<string> Needed { get; }

    /// <summary>Whether the simulated VM can be described. False: its kind describes a process of QEMU's, and the simulator is
    /// none.</summary>
    protected virtual bool IsDescribed => true;

    /// <summary>The VM's name.</summary>
    protected virtual string Named => "vm001";

    public virtual Task InitializeAsync()
    {
        Directory = new TemporaryDirectory();
        Fleet = new SimulatedFleet(Directory["vms"], 1, new() { Name = _ => Named });
        Arrange();
        return Task.CompletedTask;
    }

    /// <summary>Makes what the host has besides its VM.</summary>
    protected virtual void Arrange() { }

    public virtual async Task DisposeAsync()
    {
        await Fleet.DisposeAsync();
        Directory.Dispose();
    }

    [Fact]
    public void A_source_in_order_is_read_and_a_needed_option_that_is_missing_is_told_by_name()
    {
        var given = Given();
        Assert.Same(Kind, Kind.Read(given).Kind);
        Assert.Empty(given.Faults);
        foreach (var option in Needed)
        {
            var lacking = Given();
            lacking.Remove(option);
            Kind.Read(lacking);
            Assert.Contains(lacking.Faults, fault => fault.StartsWith(option + ": ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Its_source_finds_the_VM_the_same_in_each_look()
    {
        var vm = await FindAsync();
        Assert.Equal((Vm.Name, null, null, null), (vm.Name, vm.Missing, vm.Refusal, vm.NoAgent));
        Assert.Same(Kind, vm.Kind);
        Assert.NotNull(vm.Identity);
        Assert.Equal(vm, await FindAsync());
        Assert.True(Kind.Reaches(vm.Address));
    }

    [Fact]
    public async Task The_VMs_agent_and_machine_answer_at_its_address()
    {
        var vm = await FindAsync();
        await using var agent = Agent(vm.Address);
        Assert.IsType<OpenOutcome.Ready>(await agent.OpenAsync(Long));
        Assert.Equal(new ConfirmOutcome(true), await agent.ConfirmAsync(Long));
        await using var machine = Kind.Machine(vm.Address, TimeProvider.System)!;
        Assert.IsType<MachineOpening.Ready>(await machine.OpenAsync(Long));
        Assert.True((await machine.StatusAsync(Long))!.Running);
        Assert.Null(await machine.MigrationAsync(Long));
        Assert.Equal(Vm.Uuid.ToString(), await machine.UuidAsync(Long));
        Assert.Equal(Vm.Disks.Count, (await machine.DisksAsync([], disk => $"/{disk}", Long)).Cut.Count);
    }

    [Fact]
    public async Task A_reset_of_the_guest_is_told_as_that()
    {
        await using var machine = Kind.Machine((await FindAsync()).Address, TimeProvider.System)!;
        var told = new TaskCompletionSource<MachineChange>(TaskCreationOptions.RunContinuationsAsynchronously);
        machine.Happened += happened =>
        {
            if (happened.Change == MachineChange.Reset) told.TrySetResult(happened.Change);
        };
        machine.Hold(true);
        await machine.OpenAsync(Long);
        Vm.Reset();
        Assert.Equal(MachineChange.Reset, await told.Task.WaitAsync(Long));
    }

    [Theory]
    [InlineData(Step.Written)]
    [InlineData(Step.FreezeSent)]
    [InlineData(Step.Frozen)]
    [InlineData(Step.ThawSent)]
    public async Task A_node_killed_inside_a_window_leaves_an_entry_by_which_the_guest_is_thawed(Step last)
    {
        var ledger = FreezeLedger.Open(Directory["ledger"]);
        var vm = await FindAsync();
        ledger.Write((TempLedger.Entry() with { Vm = Vm.Name, Window = "w1" }).At(vm.Address));
        await using (var node = Agent(vm.Address))
        {
            await node.OpenAsync(Long);
            var freeze = last < Step.FreezeSent ? null : node.CallAsync(GuestFsfreezeFreeze.Request, Long);
            if (last >= Step.Frozen) Assert.IsType<AgentOutcome.Returned>(await freeze!);
            var thaw = last < Step.ThawSent ? null : node.CallAsync(GuestFsfreezeThaw.Request, Long);
            node.Close();
            if (freeze is not null) await freeze;
            if (thaw is not null) await thaw;
        }

        var entry = Assert.Single(FreezeLedger.Open(Directory["ledger"]).ReadAll().Open);
        await using var successor = Agent(entry.Address);
        Assert.IsType<ThawOutcome.Settled>(await new Settlement(TimeProvider.System).RoundAsync(successor));
        Assert.False(Vm.Guest.IsFrozen);
    }

    [Fact]
    public async Task A_QEMU_that_has_ended_is_told_and_throws_nothing()
    {
        var vm = await FindAsync();
        await Vm.End();
        await using var agent = Agent(vm.Address);
        Assert.IsNotType<OpenOutcome.Ready>(await agent.OpenAsync(Long));
        Assert.False((await agent.ConfirmAsync(Long)).IsThere);
        await using var machine = Kind.Machine(vm.Address, TimeProvider.System)!;
        Assert.IsType<MachineOpening.NoAnswer>(await machine.OpenAsync(Long));
    }

    [Fact]
    public async Task A_machine_is_described_and_restored_or_what_is_missing_is_told()
    {
        var vm = await FindAsync();
        await using var machine = Kind.Machine(vm.Address, TimeProvider.System)!;
        await machine.OpenAsync(Long);
        var disks = (await machine.DisksAsync([], disk => $"/{disk}", Long)).Cut;

        var described = await Kind.Keeper.DescribeAsync(new(vm.Address, machine, disks, TimeProvider.System));

        Assert.All(described.Missing, part => Assert.True(part is { Part.Length: > 0, Reason.Length: > 0, Remedy.Length: > 0 }));
        Assert.Equal(IsDescribed, described.Files.Count > 0);
        Assert.Equal(!IsDescribed, described.Missing.Any(part => part.Part == MachinePart.Description));
        if (!IsDescribed) return;
        Assert.Equal(disks.Count, described.Disks.Count);
        Assert.All(described.Files, file => Assert.Equal(Path.GetFileName(file.Name), file.Name));
        var restored = Kind.Keeper.Restore(new(
            vm.Name, "/restored",
            [.. described.Files.Select(file => new KeptFile(file.Name, MachinePart.Description, file.Bytes))],
            [.. disks.Select(disk => new RestoredDisk(disk.Index, described.Disks[disk.Index], $"/restored/{disk.Index}"))],
            new Random(1)));
        Assert.All(restored.Files, file => Assert.StartsWith("/restored/", file.Path, StringComparison.Ordinal));
        Assert.NotEmpty(restored.Commands);
    }

    [Fact]
    public async Task A_machine_whose_QEMU_has_ended_is_described_as_far_as_it_can_be()
    {
        var vm = await FindAsync();
        await Vm.End();
        await using var machine = Kind.Machine(vm.Address, TimeProvider.System)!;
        var described = await Kind.Keeper.DescribeAsync(new(vm.Address, machine, [], TimeProvider.System));
        Assert.True(described.Files.Count > 0 || described.Missing.Count > 0);
    }

    [Fact]
    public void It_offers_cut_methods_and_refuses_another()
    {
        Assert.NotEmpty(Kind.CutMethods);
        Assert.All(Kind.CutMethods, method => Assert.Same(method, Kind.Method(method.Name)));
        Assert.Contains(Kind.Name, Assert.Throws<CutException>(() => Kind.Method("none")).Message, StringComparison.Ordinal);
    }

    private async Task<FoundVm> FindAsync()
    {
        var source = Kind.Read(Given());
        await source.ReadyAsync();
        var look = source.Look();
        Assert.Empty(look.Faults);
        return Assert.Single(look.Vms);
    }

    private IAgent Agent(VmAddress address) => Kind.Agent(address, TimeProvider.System, new Random(1));

    private GivenOptions Given()
    {
        var given = new GivenOptions(Root);
        foreach (var (name, value) in Options) given[name] = value;
        return given;
    }
}
