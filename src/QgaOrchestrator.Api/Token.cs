namespace QgaOrchestrator.Api;

/// <summary>A named token, as the node lists it: never its secret, nor the secret's hash.</summary>
/// <param name="Name">What the audit log calls its holder.</param>
/// <param name="Role">One of <see cref="TokenRoles"/>; clients tolerate others.</param>
/// <param name="Created">UTC. Of <c>admin</c>: when its file was written.</param>
/// <param name="Expires">From then on it is refused; null: never.</param>
/// <param name="LastUsed">Within ten minutes; null: never, or (of <c>admin</c>) not since the node's start.</param>
public sealed record Token(string Name, string Role, DateTimeOffset Created, DateTimeOffset? Expires, DateTimeOffset? LastUsed);

/// <summary>Makes a token.</summary>
/// <param name="Name">Of [A-Za-z0-9._@-], at most 64.</param>
/// <param name="Expires">In the future; null: never.</param>
public sealed record TokenRequest(string Name, string Role, DateTimeOffset? Expires = null);

/// <summary>A token at its making, the one time that its secret is told.</summary>
/// <param name="Secret">Sent as <c>Authorization: Bearer SECRET</c>.</param>
public sealed record NewToken(string Name, string Role, DateTimeOffset Created, DateTimeOffset? Expires, string Secret)
{
    // So that it cannot end in a log.
    public override string ToString() => $"NewToken {{ Name = {Name}, Role = {Role} }}";
}

/// <summary>What a token's holder may do; each role may do all that the ones before it may.</summary>
public static class TokenRoles
{
    /// <summary>Looks: every list, and agent commands that only read and show no file.</summary>
    public const string Viewer = "viewer";
    /// <summary>Works: runs and their steering, every agent command, thaw.</summary>
    public const string Operator = "operator";
    /// <summary>Everything: also tokens, the audit log, and the deletion of points.</summary>
    public const string Admin = "admin";
}
