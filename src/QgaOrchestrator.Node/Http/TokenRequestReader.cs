using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http;

/// <summary>The body of POST /v1/tokens.</summary>
public static partial class TokenRequestReader
{
    public static readonly RouteBody Body = new(
        ["name", "role", "expires"],
        """Send {"name":"ci","role":"operator","expires":null}."""
    );

    /// <exception cref="ProblemException">400, with everything that is wrong.</exception>
    public static (string Name, Role Role, DateTimeOffset? Expires) Read(ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var faults = new List<string>();
        var name = Text(root, "name");
        if (name is null || !TokenName().IsMatch(name))
            faults.Add("name: up to 64 characters of [A-Za-z0-9._@-] are expected, the first a letter or digit");
        else if (Caller.Reserved.Contains(name))
            faults.Add($"name: {name} is reserved: the audit log uses it for something else");
        var role = RoleNames.Find(Text(root, "role"));
        if (role is null) faults.Add($"role: one of {string.Join(", ", RoleNames.All)} is expected");
        var expires = Expires(root, now, faults);
        return faults.Count == 0
            ? (name!, role!.Value, expires)
            : throw new ProblemException(Problems.BadRequest(faults, "Correct each of these."));
    }

    private static DateTimeOffset? Expires(JsonElement root, DateTimeOffset now, List<string> faults)
    {
        if (!root.TryGetProperty("expires", out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (
            value.ValueKind == JsonValueKind.String
            && DateTimeOffset.TryParse(
                value.GetString(),
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out var at
            )
        )
        {
            if (at > now) return at;
            faults.Add("expires: this time is past");
        }
        else
        {
            faults.Add("expires: a time such as 2027-01-31T00:00:00Z is expected");
        }
        return null;
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}\z")]
    private static partial Regex TokenName();
}
