using QgaOrchestrator.Actors;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Audit;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Requests;
using Host = QgaOrchestrator.Api.Host;

namespace QgaOrchestrator.Node.Http;

/// <summary>/v1/hosts: the hypervisor hosts of the cluster, and how each one's node is.</summary>
public static class HostEndpoints
{
    public static void MapHosts(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiRoutes.Hosts, ListAsync).For(Role.Viewer);
        routes.MapGet(ApiRoutes.Host, ShowAsync).For(Role.Viewer);
        routes.MapDelete(ApiRoutes.Host, ForgetAsync).For(Role.Admin);
    }

    private static async Task<IResult> ListAsync(IOrchestrator orchestrator, CancellationToken cancel) => TypedResults.Json(
        new Page<Host>([.. (await orchestrator.ListHostsAsync(cancel)).Select(host => host.ToApi())], null),
        ApiJson.Default.PageHost);

    private static async Task<IResult> ShowAsync(string host, IOrchestrator orchestrator, CancellationToken cancel) =>
        TypedResults.Json((await FindAsync(host, orchestrator, cancel)).ToApi(), ApiJson.Default.Host);

    private static async Task<IResult> ForgetAsync(
        string host, HttpContext context, IOrchestrator orchestrator, CancellationToken cancel)
    {
        AuditTrail.Note(context, PlainText.Of(host) ?? "");
        var known = await FindAsync(host, orchestrator, cancel);
        if (known.State != HostState.Unreachable)
            return Problems.Result(
                Problems.Conflict(
                    ProblemCodes.Conflict,
                    $"Host {known.Host} is {known.State.ToString().ToLowerInvariant()}: its node would tell of it again.",
                    "Stop qgad there first. A host is forgotten when it does not come back."
                )
            );
        orchestrator.ForgetHost(known.Host);
        return TypedResults.NoContent();
    }

    private static async Task<HostStatus> FindAsync(string host, IOrchestrator orchestrator, CancellationToken cancel) =>
        (await orchestrator.ListHostsAsync(cancel)).FirstOrDefault(known => known.Host == host)
            ?? throw new ProblemException(
                Problems.NotFound($"There is no host {PlainText.Of(host)}.", "GET /v1/hosts lists the hosts of the cluster."));

    private static Host ToApi(this HostStatus host) => new(
        host.Host, host.State.ToString().ToLowerInvariant(), host.Facts?.Version, host.Facts?.Api, host.Facts?.Vms,
        host.Facts?.Windows, host.Facts?.Runs, host.Facts?.Load, (long?)host.Clock?.TotalMilliseconds, host.Facts?.FleetFile)
    {
        AsOf = host.AsOf,
    };
}
