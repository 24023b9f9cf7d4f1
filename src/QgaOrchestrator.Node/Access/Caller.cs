namespace QgaOrchestrator.Node.Access;

/// <summary>Who makes a request: the token that it bears.</summary>
/// <param name="Name">The token's name, as in the audit log.</param>
/// <param name="Expires">Null: never.</param>
/// <param name="Revoked">Cancelled when the token is revoked.</param>
public sealed record Caller(string Name, Role Role, DateTimeOffset? Expires, CancellationToken Revoked)
{
    /// <summary>The name of the token in <see cref="Data.AdminToken"/>.</summary>
    public const string Admin = "admin";

    /// <summary>In the audit log, a caller without a valid token.</summary>
    public const string Nobody = "nobody";

    /// <summary>Names that the audit log uses for something other than a named token.</summary>
    public static IReadOnlyList<string> Reserved { get; } = [Admin, Nobody, "node", "watchdog", "qgactl", "unknown"];
}
