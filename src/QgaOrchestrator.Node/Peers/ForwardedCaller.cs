using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Peers;

/// <summary>
/// On whose behalf a node sends a request to another one: the token's name and role, and where the caller is. The node that was
/// asked has checked the token; the other one believes it, since only nodes of the cluster reach its listener for nodes.
/// </summary>
internal static class ForwardedCaller
{
    private const string Name = "Qga-Caller", RoleName = "Qga-Role", Address = "Qga-Address";

    public static void Write(HttpRequestMessage request, HttpContext context, Caller caller)
    {
        request.Headers.TryAddWithoutValidation(Name, caller.Name);
        request.Headers.TryAddWithoutValidation(RoleName, caller.Role.Name());
        request.Headers.TryAddWithoutValidation(Address, context.Connection.RemoteIpAddress?.ToString());
    }

    /// <summary>Null: the request is not on behalf of anybody.</summary>
    public static Caller? Read(HttpRequest request) =>
        (string?)request.Headers[Name] is { Length: > 0 } name && RoleNames.Find(request.Headers[RoleName]) is { } role
            ? new Caller(name, role, Expires: null, CancellationToken.None)
            : null;

    /// <summary>Where the caller of a request is that another node has sent; null: it comes from the caller.</summary>
    public static string? AddressOf(HttpContext context) =>
        context.Features.Get<PeerConnection>() is null ? null : PlainText.Of(context.Request.Headers[Address]);
}
