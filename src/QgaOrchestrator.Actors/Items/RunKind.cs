using System.Text.Json;
using System.Text.Json.Nodes;
using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Actors.Items;

/// <summary>
/// One kind of run: all that the rest of the program knows of it. To add one: a folder in Actors/Kinds with a class that
/// derives from this one, and its line in the registry (Actors/Kinds/RunKinds.cs); rules of its own go into the folder of the
/// same name in Core/Kinds. What is not overridden here a kind does not have.
/// </summary>
public abstract class RunKind
{
    /// <summary>As in POST /v1/runs, and as log and audit log name it.</summary>
    public abstract string Name { get; }

    /// <summary>What it does, in one line.</summary>
    public abstract string Help { get; }

    /// <summary>A missing selector is refused: the kind changes guests.</summary>
    public virtual bool NeedsSelector => true;

    /// <summary>The default of the option maxFailures.</summary>
    public virtual CountOrPercent MaxFailures => CountOrPercent.None;

    /// <summary>An item's steps in their order.</summary>
    public abstract IReadOnlyList<RunStep> Steps { get; }

    /// <summary>Its directories of files that only the node may read, by name in the node's data directory.</summary>
    public virtual IReadOnlyList<string> Directories => [];

    // ---- its options

    /// <summary>The kind's own options, beside those of every kind.</summary>
    public virtual IReadOnlyList<OptionInfo> OwnOptions => [];

    /// <summary>All options, as POST takes them.</summary>
    public IReadOnlyList<OptionInfo> AllOptions => [.. CommonOptions.Of(MaxFailures), .. OwnOptions];

    /// <summary>The options of a new run, complete; or every fault in them.</summary>
    public (RunOptions? Options, IReadOnlyList<string> Errors) ParseOptions(JsonElement? options)
    {
        var reader = new RunOptionReader(options, AllOptions);
        var read = Read(CommonOptions.Read(reader, MaxFailures), reader);
        return reader.Errors.Count == 0 ? (read, []) : (null, reader.Errors);
    }

    /// <summary>Puts the kind's own options among the run's, with defaults filled in; reports each that is wrong.</summary>
    protected virtual RunOptions Read(RunOptions run, RunOptionReader reader) => run;

    /// <summary>Parts the secret values from what is journalled; null: there are none.</summary>
    public virtual (RunOptions Journalled, RunSecrets? Secrets) Part(RunOptions options) => (options, null);

    /// <summary>Names the secrets that a run with these journalled options has, as in "the env TOKEN"; null: none.</summary>
    public virtual string? SecretsOf(RunOptions journalled) => null;

    /// <summary>Makes the kind's own journalled options look as POST takes them, each secret value as ***.</summary>
    public virtual void Show(JsonObject own)
    {
    }

    // ---- its start

    /// <summary>Asked before a run is started or tried again.</summary>
    /// <returns>Why it cannot start on this node as it is; null: it can.</returns>
    public virtual Task<KindRefusal?> RefusalAsync(NodeStores stores, RunOptions options) => Task.FromResult<KindRefusal?>(null);

    /// <summary>What the start of a run, or of its retry, fixes for all of its items beside what was asked for.</summary>
    public virtual Task<RunOptions> FixAsync(NodeStores stores, RunOptions options) => Task.FromResult(options);

    /// <summary>What whoever starts a run is told with it, a sentence or two each.</summary>
    public virtual Task<IReadOnlyList<string>> WarningsAsync(NodeStores stores, RunOptions options) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>How a run of this kind does what the agent command alone must not do in a run, a clause; null: it does
    /// not.</summary>
    public virtual string? InsteadOf(string command) => null;

    // ---- its plan

    /// <summary>Its items freeze guests, so they keep to the groups, and to how the fleet file says that each VM is frozen. For
    /// any other kind each VM is on its own.</summary>
    public virtual bool Freezes => false;

    /// <summary>VMs that share a value of this label are one consistency group; null: the fleet file's groups.</summary>
    protected virtual string? GroupBy(RunOptions options) => null;

    /// <param name="fleet">Every VM that is known.</param>
    /// <param name="selected">The run's.</param>
    /// <param name="options">The run's, complete.</param>
    /// <returns>The plan; or every group that the selection splits, a sentence each.</returns>
    public (RunPlan? Plan, IReadOnlyList<string> Errors) Plan(
        IReadOnlyList<VmIdentity> fleet, IReadOnlyList<VmIdentity> selected, RunOptions options)
    {
        if (Freezes) return RunPlan.Of(fleet, selected, options, GroupBy(options));
        List<VmIdentity> each = [.. selected.Select(vm => new VmIdentity(vm.Id, vm.Uuid, vm.Labels))];
        return RunPlan.Of(each, each, options);
    }

    /// <summary>The target that all items share, for maxParallelPerTarget; null: each host has its own.</summary>
    public virtual string? Target(RunOptions options) => null;

    /// <summary>How an item under way counts whose host was waited for too long: unreachable, or unknown where the item may have
    /// changed what nobody can see.</summary>
    public virtual ItemState LostAs => ItemState.Unreachable;

    /// <summary>An item undoes what it began, or only reads: where its VM was moved meanwhile, another attempt begins where the
    /// VM is now, whatever became of this one.</summary>
    public virtual bool RepeatsElsewhere => false;

    // ---- its work on one VM

    /// <summary>The actor that does an item; it answers its parent with <see cref="ItemsActor.Finished"/>.</summary>
    public abstract Props Worker(ItemPlace place);

    /// <summary>The actor that only checks: a dry run's.</summary>
    public abstract Props Checker(ItemPlace place);

    /// <summary>Removes from a VM what no run knows any more, each named in the answer.</summary>
    /// <param name="unsettled">The hashes of all attempts that their runs have not settled.</param>
    public virtual Task<IReadOnlyList<string>> SweepAsync(
        VmServices services, VmSpec vm, IMachine machine, IReadOnlySet<string> unsettled, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Adds what the kind does by itself on a node, as background services.</summary>
    public virtual void AddServices(IServiceCollection services)
    {
    }

    // ---- its results

    /// <summary>What a table of the run's VMs shows of each, beside its name and state.</summary>
    public virtual IReadOnlyList<ResultColumn> ItemColumns => [];

    /// <summary>What HTTP shows of an item, by the columns' names and others.</summary>
    /// <param name="kept">The outcome's own values; null: it has none, or there is no outcome.</param>
    public virtual OwnValues ItemValues(OwnValues? kept) => kept ?? [];

    /// <summary>What the audit log tells of an item's end beside its reason, each a clause.</summary>
    /// <param name="kept">The outcome's own values; null: it has none.</param>
    public virtual IEnumerable<string> AuditDetails(OwnValues? kept) => [];

    /// <summary>The recovery point that an item made: its run is kept as long as the point is there. Null: none.</summary>
    /// <param name="kept">The outcome's own values; null: it has none.</param>
    public virtual PointMade? PointOf(OwnValues? kept) => null;

    /// <summary>What a table of the run's results shows of each.</summary>
    public virtual IReadOnlyList<ResultColumn> ResultColumns => [];

    /// <summary>The files that a result may have.</summary>
    public virtual IReadOnlyList<ResultFile> ResultFiles => [];

    /// <summary>An item's reason without what the guest's own words may give away: what a viewer is shown.</summary>
    public virtual string ForViewers(string reason) => reason;
}

/// <summary>Where an item's work is done.</summary>
/// <param name="Machine">Null for a VM without a monitor.</param>
/// <param name="Channel">The VM's own actor.</param>
public sealed record ItemPlace(StartItem Order, VmServices Services, VmSpec Spec, IMachine? Machine, IActorRef Channel);
