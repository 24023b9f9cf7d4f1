using System.Text.RegularExpressions;
using QgaOrchestrator.Api;

namespace QgaOrchestrator.Cli.Runs;

/// <summary>VMs that did not succeed in the same way: told once, with what to do about it.</summary>
/// <param name="Like">One of them.</param>
/// <param name="Names">All of them, in the run's order.</param>
internal sealed record FailureGroup(ItemStatus Like, IReadOnlyList<string> Names)
{
    private const int NamesShown = 5;

    /// <summary>The most frequent first.</summary>
    public static IReadOnlyList<FailureGroup> Of(IEnumerable<ItemStatus> items, Func<ItemStatus, string> name) =>
    [
        .. items.Where(item => item.Reason is not null || RunBoard.IsFailure(item))
            .GroupBy(item => (item.State, item.Step, Reason: Unnamed(item.Reason, item), Remedy: Unnamed(item.Remedy, item)))
            .Select(same => new FailureGroup(
                same.Skip(1).Any() ? same.First() with { Reason = same.Key.Reason, Remedy = same.Key.Remedy } : same.First(),
                [.. same.Select(name)]
            ))
            .OrderByDescending(trouble => trouble.Names.Count),
    ];

    /// <summary>What is said of this VM, as it would be said of any other.</summary>
    private static string? Unnamed(string? text, ItemStatus item) =>
        text is null ? null : Regex.Replace(text, $@"(?<![\w.-]){Regex.Escape(item.Vm)}(?![\w.-])", "VM");

    /// <summary>Who, and why: a sentence.</summary>
    public string Sentence
    {
        get
        {
            var who = Names.Count == 1 ? Names[0] : $"{Names.Count} VMs";
            var where = Like.Step is null ? "" : $" in {Like.Step}";
            // Nobody asks why an item that never began was cancelled: the run's own reason says it.
            return Like is { State: ItemStates.Cancelled, Reason: null }
                ? $"{who} never began"
                : $"{who} {Like.State}{where}: {Like.Reason ?? "no reason given"}";
        }
    }

    /// <summary>The first names; null where the sentence names the only one.</summary>
    public string? Who => Names.Count == 1
        ? null
        : string.Join(", ", Names.Take(NamesShown)) + (Names.Count > NamesShown ? $" and {Names.Count - NamesShown} more" : "");
}
