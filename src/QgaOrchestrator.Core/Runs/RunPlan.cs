using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Core.Runs;

/// <summary>A run's targets in their order, and what is noted of each: fixed when it starts.</summary>
public sealed record RunPlan(IReadOnlyList<VmId> Targets, IReadOnlyList<TargetNote> Notes)
{
    /// <summary>Orders the selected VMs by name with each group in one piece.</summary>
    /// <param name="fleet">Every VM that is known: a group's other members are among them.</param>
    /// <param name="selected">The run's.</param>
    /// <param name="options">The labels whose values are counted, and whether it only checks.</param>
    /// <param name="groupBy">VMs that share a value of this label are one group; null: the fleet file's groups.</param>
    /// <returns>The plan; or every group that the selection splits, a sentence each.</returns>
    public static (RunPlan? Plan, IReadOnlyList<string> Errors) Of(
        IReadOnlyList<VmIdentity> fleet, IReadOnlyList<VmIdentity> selected, RunOptions options, string? groupBy = null)
    {
        var chosen = selected.Select(vm => vm.Id).ToHashSet();
        var groups = selected.Select(vm => GroupOf(vm, groupBy)).OfType<string>().ToHashSet();
        var errors = fleet.Where(vm => !chosen.Contains(vm.Id) && GroupOf(vm, groupBy) is { } group && groups.Contains(group))
            .GroupBy(vm => GroupOf(vm, groupBy)!)
            .Select(missing =>
                $"select: the group {missing.Key} would be split; not selected: "
                    + $"{string.Join(", ", missing.Select(vm => vm.Id.Name).Order())}"
            )
            .ToList();
        if (errors.Count > 0) return (null, errors);

        var firsts = selected.Where(vm => GroupOf(vm, groupBy) is not null).GroupBy(vm => GroupOf(vm, groupBy)!)
            .ToDictionary(g => g.Key, g => g.Select(vm => vm.Id.Name).Order(StringComparer.Ordinal).First());
        var ordered = selected.OrderBy(
            vm => GroupOf(vm, groupBy) is { } group ? firsts[group] : vm.Id.Name, StringComparer.Ordinal)
            .ThenBy(vm => GroupOf(vm, groupBy), StringComparer.Ordinal)
            .ThenBy(vm => vm.Id.Name, StringComparer.Ordinal).ThenBy(vm => vm.Id.Host, StringComparer.Ordinal).ToList();
        return (new RunPlan([.. ordered.Select(vm => vm.Id)], [.. ordered.Select(vm => Note(vm, options, groupBy))]), []);
    }

    /// <summary>The group's name: the fleet file's, or the label's value. A VM that is frozen alone is in none.</summary>
    private static string? GroupOf(VmIdentity vm, string? groupBy) => vm.Freeze == FreezeMode.Alone
        ? null
        : groupBy is { } label ? vm.Labels.GetValueOrDefault(label) : vm.Group;

    private static TargetNote Note(VmIdentity vm, RunOptions options, string? groupBy)
    {
        var counted = (options.MaxParallelPerLabel?.Keys ?? []).Where(vm.Labels.ContainsKey).ToDictionary(
            label => label, label => vm.Labels[label]);
        // What is only checked needs nobody's company.
        return new TargetNote(options.DryRun ? null : GroupOf(vm, groupBy), vm.Freeze, counted.Count == 0 ? null : counted);
    }
}
