namespace QgaOrchestrator.Core.Runs;

/// <summary>One option of a run, as its reader, its help and the reference know it.</summary>
/// <param name="Name">The member of <c>options</c> in POST /v1/runs.</param>
/// <param name="Value">What a value looks like, as in <c>N</c>, <c>N|%</c> or <c>TIME</c>.</param>
/// <param name="Default">What holds where nothing is given, as it would be given; null: nothing.</param>
/// <param name="Help">What it does, in one line.</param>
public sealed record OptionInfo(string Name, string Value, string? Default, string Help)
{
    /// <summary>A value as it is typed, where the help alone does not show how; null: it does.</summary>
    public string? Example { get; init; }

    /// <summary>Its values stand in no journal, view, log or message.</summary>
    public bool IsSecret { get; init; }

    /// <summary>A viewer is not shown its values.</summary>
    public bool IsForOperators { get; init; }
}
