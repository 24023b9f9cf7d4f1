using QgaOrchestrator.Api;

namespace QgaOrchestrator.Node.Access;

/// <summary>What a token allows, in rising order: each role includes the ones before it.</summary>
public enum Role { Viewer, Operator, Admin }

/// <summary>The roles' names in the API and in the token store.</summary>
public static class RoleNames
{
    public static IReadOnlyList<string> All { get; } = [TokenRoles.Viewer, TokenRoles.Operator, TokenRoles.Admin];

    public static string Name(this Role role) => All[(int)role];

    /// <summary>Null: there is no such role. Names are case-sensitive.</summary>
    public static Role? Find(string? name) => All.ToList().IndexOf(name ?? "") is var at and >= 0 ? (Role)at : null;
}
