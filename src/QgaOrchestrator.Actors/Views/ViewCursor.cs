using System.Globalization;

namespace QgaOrchestrator.Actors.Views;

/// <summary>Where the next part of a list, newest first, begins: after this time and id.</summary>
public sealed record ViewCursor(long At, string Id)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At}~{Id}");

    /// <summary>Null where the text is no cursor of ours.</summary>
    public static ViewCursor? Parse(string text) =>
        text.Split('~', 2) is [var at, { Length: > 0 } id] && long.TryParse(
            at, NumberStyles.None, CultureInfo.InvariantCulture, out var ms)
            ? new(ms, id)
            : null;
}

/// <summary>A part of a list; <paramref name="Next"/> is null at its end.</summary>
public sealed record ViewPage<T>(IReadOnlyList<T> Items, ViewCursor? Next);
