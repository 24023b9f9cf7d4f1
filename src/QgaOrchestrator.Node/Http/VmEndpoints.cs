using System.Text.Json;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Audit;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Forwarding;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http;

/// <summary>/v1/vms: the VMs that the hosts report.</summary>
public static class VmEndpoints
{
    public static void MapVms(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiRoutes.Vms, ListAsync).For(Role.Viewer);
        routes.MapGet(ApiRoutes.Vm, ShowAsync).For(Role.Viewer);
        routes.MapPost(ApiRoutes.Wake, WakeAsync).For(Role.Operator).AtVm();
    }

    private static async Task<IResult> ListAsync(
        string? select, string? limit, string? cursor, IOrchestrator orchestrator, INodeActors actors, CancellationToken cancel)
    {
        var chosen = Selection.Of(await orchestrator.ListVmsAsync(cancel), select);
        var skip = Paging.Place(cursor);
        var page = chosen.Skip(skip).Take(Paging.Limit(limit)).Select(vm => vm.ToApi()).ToArray();
        var end = skip + page.Length;
        return TypedResults.Json(new Page<Vm>(page, end < chosen.Count ? $"{end}" : null)
        {
            Total = chosen.Count,
            Notes = actors.Faults.Count == 0 ? null : [.. actors.Faults.Select(fault => fault.ToString())],
        }, ApiJson.Default.PageVm);
    }

    private static async Task<IResult> ShowAsync(string vm, IOrchestrator orchestrator, CancellationToken cancel) =>
        TypedResults.Json((await orchestrator.FindAsync(vm, cancel)).ToApi(), ApiJson.Default.Vm);

    private static async Task<IResult> WakeAsync(
        string vm, HttpContext context, IOrchestrator orchestrator, CancellationToken cancel)
    {
        var target = await orchestrator.FindAsync(vm, cancel);
        AuditTrail.Note(context, target.Id);
        return await orchestrator.WakeAsync(target.Id, cancel) switch
        {
            CallReply.Returned woken =>
                TypedResults.Json(new WokenVm(JsonSerializer.Deserialize<string>(woken.Json.Span)!), ApiJson.Default.WokenVm),
            CallReply.Refused refused => Problems.Result(ErrorMapping.From(refused)),
            CallReply.Unknown unknown => Problems.Result(ErrorMapping.From(unknown)),
            var reply => throw new InvalidOperationException($"no answer for {reply.GetType().Name}"),
        };
    }
}
