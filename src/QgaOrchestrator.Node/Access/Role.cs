using QgaOrchestrator.Api;

namespace QgaOrchestrator.Node.Access;

/// <summary>What a token's holder may do, in rising order: each role may do all that the ones before it may.</summary>
public enum Role { Viewer, Operator, Admin }

/// <summary>Roles as the contract and the token file name them.</summary>
public static class RoleNames
{
    public static IReadOnlyList<string> All { get; } = [TokenRoles.Viewer, TokenRoles.Operator, TokenRoles.Admin];

    public static string Name(this Role role) => All[(int)role];

    /// <summary>Null where there is no such role; names are case-sensitive.</summary>
    public static Role? Find(string? name) => All.ToList().IndexOf(name ?? "") is var at and >= 0 ? (Role)at : null;
}
