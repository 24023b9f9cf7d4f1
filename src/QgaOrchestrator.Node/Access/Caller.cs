namespace QgaOrchestrator.Node.Access;

/// <summary>Who asks: the token that the request bears.</summary>
/// <param name="Name">The token's, as the audit log tells it.</param>
/// <param name="Expires">Null: never.</param>
/// <param name="Revoked">Cancelled when the token is.</param>
public sealed record Caller(string Name, Role Role, DateTimeOffset? Expires, CancellationToken Revoked)
{
    /// <summary>The name of the token that <see cref="Data.AdminToken"/> holds.</summary>
    public const string Admin = "admin";

    /// <summary>In the audit log, for who bears no valid token.</summary>
    public const string Nobody = "nobody";

    /// <summary>Names that the audit log gives to others than tokens, or that are taken.</summary>
    public static IReadOnlyList<string> Reserved { get; } = [Admin, Nobody, "node", "watchdog", "qgactl", "unknown"];
}
