using QgaOrchestrator.Actors;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Hosts;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Audit;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Forwarding;
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
        routes.MapPost(ApiRoutes.HostDrain, (string host, HttpContext context, IOrchestrator orchestrator) =>
            DrainAsync(host, on: true, context, orchestrator)).For(Role.Admin).AtHost();
        routes.MapPost(ApiRoutes.HostUndrain, (string host, HttpContext context, IOrchestrator orchestrator) =>
            DrainAsync(host, on: false, context, orchestrator)).For(Role.Admin).AtHost();
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

    /// <summary>At the host itself, which decides and keeps it.</summary>
    private static async Task<IResult> DrainAsync(string host, bool on, HttpContext context, IOrchestrator orchestrator)
    {
        AuditTrail.Note(context, PlainText.Of(host) ?? "");
        var known = await FindAsync(host, orchestrator, context.RequestAborted);
        if (on && await OlderAsync(orchestrator, context.RequestAborted) is { } older)
            return Problems.Result(Problems.Conflict(
                ProblemCodes.UpgradeInProgress,
                $"Host {older.Host} has version {older.Facts!.Version}, whose runs do not wait for a host that is drained.",
                "Upgrade it first, or stop the node without draining: its guests are thawed, and its items begin again."));
        orchestrator.DrainHost(on);
        var now = await FindAsync(known.Host, orchestrator, context.RequestAborted);
        return TypedResults.Json(now.ToApi(), ApiJson.Default.Host);
    }

    /// <summary>A host that is there and whose node knows no draining.</summary>
    private static async Task<HostStatus?> OlderAsync(IOrchestrator orchestrator, CancellationToken cancel) =>
        (await orchestrator.ListHostsAsync(cancel)).FirstOrDefault(
            host => host is { State: not HostState.Unreachable, Facts: { Drain: null } });

    private static async Task<HostStatus> FindAsync(string host, IOrchestrator orchestrator, CancellationToken cancel) =>
        (await orchestrator.ListHostsAsync(cancel)).FirstOrDefault(known => known.Host == host)
            ?? throw new ProblemException(
                Problems.NotFound($"There is no host {PlainText.Of(host)}.", "GET /v1/hosts lists the hosts of the cluster."));

    private static Host ToApi(this HostStatus host) => new(
        host.Host, StateOf(host), host.Facts?.Version, host.Facts?.Api, host.Facts?.Vms,
        host.Facts?.Windows, host.Facts?.Runs, host.Facts?.Load, (long?)host.Clock?.TotalMilliseconds, host.Facts?.FleetFile)
    {
        AsOf = host.AsOf,
        Items = host.Facts?.Items,
        Recipients = host.Facts?.Recipients,
        CertificateEndsAt = host.Facts?.CertificateEnds,
    };

    private static string StateOf(HostStatus host) => host switch
    {
        { State: HostState.Up, Facts.Drain: DrainState.Draining } => HostStates.Draining,
        { State: HostState.Up, Facts.Drain: DrainState.Drained } => HostStates.Drained,
        _ => host.State.ToString().ToLowerInvariant(),
    };
}
