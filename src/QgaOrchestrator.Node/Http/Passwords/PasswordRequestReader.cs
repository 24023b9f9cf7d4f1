using System.Text.Json;
using QgaOrchestrator.Core;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http.Passwords;

/// <summary>Why somebody wants a password, and for how long.</summary>
public static class PasswordRequestReader
{
    public const int ShortestReason = 3, LongestReason = 200;

    public static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1), Longest = TimeSpan.FromDays(7);

    public static readonly RouteBody Checkout = new(["for", "reason"], """Send {"for":"01:00:00","reason":"why"}.""");

    /// <exception cref="ProblemException">400.</exception>
    public static void CheckReason(string? reason, string remedy)
    {
        if (Fault(reason) is { } fault) throw new ProblemException(Problems.BadRequest([fault], remedy));
    }

    /// <exception cref="ProblemException">400, with everything that is wrong.</exception>
    public static (TimeSpan For, string Reason) ReadCheckout(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var faults = new List<string>();
        var time = Duration.Within(Text(document.RootElement, "for"), Shortest, Longest);
        if (time is null) faults.Add("for: a duration of 00:01:00 to 7.00:00:00 is expected, as in \"01:00:00\"");
        var reason = Text(document.RootElement, "reason");
        if (Fault(reason) is { } fault) faults.Add(fault);
        return faults.Count == 0
            ? (time!.Value, reason!)
            : throw new ProblemException(Problems.BadRequest(faults, Checkout.Remedy));
    }

    private static string? Fault(string? reason) => reason?.Trim().Length is >= ShortestReason and <= LongestReason
        ? null
        : $"reason: {ShortestReason} to {LongestReason} characters are expected, which the audit log keeps";

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
