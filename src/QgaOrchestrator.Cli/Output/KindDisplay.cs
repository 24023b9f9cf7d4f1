using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Cli.Output;

/// <summary>A column of a run's items that only runs of one kind have.</summary>
internal sealed record ItemColumn(string Header, Func<ItemStatus, string?> Cell);

/// <summary>What runs of one kind show beyond what every run shows. A run whose kind is not known here does without it.</summary>
/// <param name="Kind">The kind's name in the API.</param>
internal sealed record KindDisplay(string Kind)
{
    /// <summary>What a dry run of this kind is called; null: the kind's name with "(dry run)".</summary>
    public string? DryRunName { get; init; }

    /// <summary>Its VMs give something back that <c>run results</c> shows.</summary>
    public bool HasResults { get; init; }

    /// <summary>Options that hold where nothing is said, as text: <c>run show</c> leaves them out.</summary>
    public IReadOnlyDictionary<string, string> Defaults { get; init; } = CommonOptions.Defaults(default, []);

    /// <summary>What a run of these options does in each VM, in a few words; null: its kind says it.</summary>
    public Func<JsonObject, string?> Work { get; init; } = static _ => null;

    /// <summary>The options that <see cref="Work"/> has told.</summary>
    public IReadOnlyList<string> WorkMembers { get; init; } = [];

    /// <summary>Null: those that the node names.</summary>
    public IReadOnlyList<ItemColumn>? Columns { get; init; }

    /// <summary>What a VM that succeeded has, a clause; null: there is nothing to be said.</summary>
    public Func<ItemStatus, string?> Success { get; init; } = static _ => null;

    /// <summary>What all VMs have together, a clause of a run's summary; null: there is nothing to be said.</summary>
    public Func<RunReport, string?> Total { get; init; } = static _ => null;

    /// <summary>Lines of <c>run show</c>: a name, and what is to be said.</summary>
    public Func<RunReport, IEnumerable<(string Name, string Text)>> Facts { get; init; } = static _ => [];

    /// <summary>The columns that a table of this run's items has of its own.</summary>
    public IReadOnlyList<ItemColumn> ColumnsOf(Run run) =>
        Columns ?? [.. (run.ItemColumns ?? []).Select(column => new ItemColumn(column.Title, item => Cell(column, item)))];

    private static string? Cell(RunColumn column, ItemStatus item)
    {
        if (item.Values?.TryGetValue(column.Name, out var value) is not true) return null;
        return (column.Format, value.ValueKind) switch
        {
            (_, JsonValueKind.Null) => null,
            ("milliseconds", JsonValueKind.Number) => Text.Milliseconds(value.GetDouble()),
            ("bytes", JsonValueKind.Number) => Text.Bytes(value.GetInt64()),
            _ => value.ToString(),
        };
    }
}

/// <summary>Every kind that qgactl knows how to show.</summary>
internal sealed class KindDisplays(params IReadOnlyList<KindDisplay> known)
{
    public KindDisplay Of(string kind) => known.FirstOrDefault(display => display.Kind == kind) ?? new KindDisplay(kind);

    /// <summary>A run's kind as the command that makes it is called.</summary>
    public string NameOf(Run run)
    {
        var isDry = run.Options?["dryRun"] is JsonValue dry && dry.TryGetValue<bool>(out var given) && given;
        return isDry ? Of(run.Kind).DryRunName ?? $"{run.Kind} (dry run)" : run.Kind;
    }
}
