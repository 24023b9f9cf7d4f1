using System.Globalization;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Node.Http.Errors;

namespace QgaOrchestrator.Node.Http.Requests;

/// <summary>limit and cursor of a list. Any limit is accepted; a page may hold fewer.</summary>
public static class Paging
{
    public const int Most = 1000;

    /// <exception cref="ProblemException">400: it is not a whole number.</exception>
    public static int Limit(string? limit)
    {
        if (string.IsNullOrEmpty(limit)) return Most;
        var digits = limit.AsSpan().TrimStart('-');
        if (limit.Length - digits.Length > 1 || digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
            throw new ProblemException(
                Problems.BadRequest(
                    [$"limit: a whole number is expected, not \"{PlainText.Of(limit)}\"; a page holds 1 to {Most}"],
                    "Correct the query."
                )
            );
        // A number that is too long for an int is more than a page holds.
        return limit.Length > digits.Length ? 1 : int
            .TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var most) ? Math.Clamp(most, 1, Most) : Most;
    }

    public static ViewCursor? Time(string? cursor) =>
        string.IsNullOrEmpty(cursor) ? null : ViewCursor.Parse(cursor) ?? throw Bad();

    public static int Place(string? cursor) =>
        string.IsNullOrEmpty(cursor) ? 0
        : int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? place
        : throw Bad();

    public static ProblemException Bad() =>
        new(Problems.BadRequest("cursor: it is not from this list.", "Send the \"next\" of the previous page unchanged."));
}
