using Microsoft.AspNetCore.Routing;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>Who may call what, route by route: a new route fails here until its role is decided.</summary>
public sealed class RoutesTests(NodeFixture node) : IClassFixture<NodeFixture>
{
    private static readonly string[] Roles =
    [
        "DELETE /v1/escrow/recipients/{name} admin",
        "DELETE /v1/hosts/{host} admin",
        "DELETE /v1/recovery-points/{id} admin",
        "DELETE /v1/tokens/{name} admin",
        "DELETE /v1/vms/{vm}/passwords/{user}/checkout operator",
        "GET /healthz open",
        "GET /metrics viewer",
            "GET /readyz open",
        "GET /v1/audit admin",
        "GET /v1/audit/check admin",
        "GET /v1/escrow/recipients viewer",
        "GET /v1/escrow/recipients/{name} viewer",
        "GET /v1/hosts viewer",
        "GET /v1/hosts/{host} viewer",
        "GET /v1/passwords viewer",
        "GET /v1/recovery-points viewer",
        "GET /v1/recovery-points/{id} viewer",
        "GET /v1/recovery-points/{id}/disks/{index:int} operator",
        "GET /v1/recovery-points/{id}/machine/{file} operator",
        "GET /v1/runs viewer",
        "GET /v1/runs/{id} viewer",
        "GET /v1/runs/{id}/events viewer",
        "GET /v1/runs/{id}/items viewer",
        "GET /v1/runs/{id}/results operator",
        "GET /v1/runs/{id}/results/{item:int}/{stream} operator",
        "GET /v1/tokens admin",
        "GET /v1/vms viewer",
        "GET /v1/vms/{vm} viewer",
        "GET /v1/vms/{vm}/file operator",
        "GET /v1/vms/{vm}/file/digest operator",
        "GET /v1/vms/{vm}/passwords/{user} viewer; operator with `reason`",
        "POST /v1/hosts/{host}/drain admin",
        "POST /v1/hosts/{host}/undrain admin",
        "POST /v1/recovery-points/{id}/verify operator",
        "POST /v1/runs operator",
        "POST /v1/runs/{id}/abort operator",
        "POST /v1/runs/{id}/pause operator",
        "POST /v1/runs/{id}/resume operator",
        "POST /v1/runs/{id}/retry operator",
        "POST /v1/tokens admin",
        "POST /v1/vms/{vm}/agent/{command} by command",
        "POST /v1/vms/{vm}/exec operator",
        "POST /v1/vms/{vm}/passwords/{user}/checkout operator",
        "POST /v1/vms/{vm}/wake operator",
        "PUT /v1/escrow/recipients/{name} admin",
        "PUT /v1/vms/{vm}/file operator",
        "PUT /v1/vms/{vm}/passwords/{user}/generations/{generation:int} admin",
    ];

    [Fact]
    public void Each_route_declares_its_role() => Assert.Equal(
        Roles,
        node.Routes.SelectMany(route => (route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["any"])
            .Select(method => $"{method} {route.RoutePattern.RawText} {RoleOf(route)}")).Order(StringComparer.Ordinal));

    private static string RoleOf(RouteEndpoint route) => BearerToken.IsOpen(route)
        ? "open"
        : route.Metadata.GetMetadata<RouteNeeds>()?.Description ?? "no mark: admin";
}
