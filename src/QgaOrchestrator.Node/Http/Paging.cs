using System.Globalization;
using QgaOrchestrator.Actors.Stores;

namespace QgaOrchestrator.Node.Http;

/// <summary>limit and cursor of a list: any limit is accepted, the answer may hold fewer.</summary>
public static class Paging
{
    public const int Most = 1000;

    /// <exception cref="ProblemException">400: it is no whole number.</exception>
    public static int Limit(string? limit)
    {
        if (string.IsNullOrEmpty(limit)) return Most;
        var digits = limit.AsSpan().TrimStart('-');
        if (limit.Length - digits.Length > 1 || digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
            throw new ProblemException(
                Problems.BadRequest(
                    [$"limit: a whole number is expected, not \"{AuditTrail.Plain(limit)}\"; an answer holds 1 to {Most}"],
                    "Correct the query."
                )
            );
        // Of any size: what is too long for an int is more than an answer holds.
        return limit.Length > digits.Length ? 1 : int
            .TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var most) ? Math.Clamp(most, 1, Most) : Most;
    }

    public static ViewCursor? Time(string? cursor) =>
        string.IsNullOrEmpty(cursor) ? null : ViewCursor.Parse(cursor) ?? throw Bad();

    public static int Place(string? cursor) =>
        string.IsNullOrEmpty(cursor) ? 0
        : int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? place
        : throw Bad();

    private static ProblemException Bad() =>
        new(Problems.BadRequest("cursor: not one of this list's.", "Use the \"next\" of the list's previous part as it is."));
}
