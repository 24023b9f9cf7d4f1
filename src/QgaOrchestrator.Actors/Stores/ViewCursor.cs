using System.Globalization;

namespace QgaOrchestrator.Actors.Stores;

/// <summary>Where the next page of a list begins, newest first: after this time and id.</summary>
/// <param name="At">Unix milliseconds.</param>
public sealed record ViewCursor(long At, string Id)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At}~{Id}");

    /// <summary>Null where the text is not a cursor.</summary>
    public static ViewCursor? Parse(string text) =>
        text.Split('~', 2) is [var at, { Length: > 0 } id] && long.TryParse(
            at, NumberStyles.None, CultureInfo.InvariantCulture, out var ms)
            ? new(ms, id)
            : null;
}

/// <summary>A page of a list; <paramref name="Next"/> is null on the last one.</summary>
public sealed record ViewPage<T>(IReadOnlyList<T> Items, ViewCursor? Next);
