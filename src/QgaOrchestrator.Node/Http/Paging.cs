using System.Globalization;
using QgaOrchestrator.Actors.Views;

namespace QgaOrchestrator.Node.Http;

/// <summary>limit and cursor of a list: any limit is accepted, the answer may hold fewer.</summary>
public static class Paging
{
    public const int Most = 1000;

    public static int Limit(int? limit) => Math.Clamp(limit ?? Most, 1, Most);

    public static ViewCursor? Time(string? cursor) => string.IsNullOrEmpty(cursor) ? null : ViewCursor.Parse(cursor) ?? throw Bad();

    public static int Place(string? cursor) =>
        string.IsNullOrEmpty(cursor) ? 0
        : int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? place
        : throw Bad();

    private static ProblemException Bad() =>
        new(Problems.BadRequest("cursor: not one of this list's.", "Use the \"next\" of the list's previous part as it is."));
}
