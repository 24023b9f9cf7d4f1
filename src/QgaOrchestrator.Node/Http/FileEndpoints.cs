using System.Globalization;
using System.Text.RegularExpressions;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Guests;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Audit;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Forwarding;
using QgaOrchestrator.Node.Http.Limits;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http;

/// <summary>
/// /v1/vms/{vm}/file: a guest's file of any size, streamed through one chunk of memory. Paths are audited; contents are neither
/// logged nor kept.
/// </summary>
public static partial class FileEndpoints
{
    public static void MapFiles(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiRoutes.VmFile, ReadAsync).For(Role.Operator).AuditedAsChange().AtVm();
        routes.MapGet(ApiRoutes.VmFileDigest, DigestAsync).For(Role.Operator).AuditedAsChange().AtVm();
        routes.MapPut(ApiRoutes.VmFile, WriteAsync).For(Role.Operator).Takes(RouteBody.Bytes).UpTo(null).AtVm();
    }

    private static async Task ReadAsync(
        string vm,
        string? path,
        string? offset,
        HttpContext context,
        IOrchestrator orchestrator,
        TimeProvider time,
        IHostApplicationLifetime lifetime
    )
    {
        var faults = new List<string>();
        var (from, at) = (GuestPath(path, faults), Count("offset", offset, faults) ?? 0);
        Refuse(faults);
        AuditTrail.Note(context, from);
        var target = await orchestrator.FindAsync(vm, context.RequestAborted);
        AuditTrail.Note(context, target.Id);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        await using var file = await OpenGuestFile.ForReadingAsync(
            GuestCalls.Of(orchestrator, target.Id), from, time, either.Token);
        if (await file.LengthAsync(either.Token) is { } length)
            context.Response.Headers[ApiRoutes.FileSizeHeader] = length.ToString(CultureInfo.InvariantCulture);
        // The first chunk comes before the headers, so that a file that cannot be read, such as a directory, ends in a problem.
        var first = await file.ReadAsync(at, ChunkSize.First, either.Token);
        context.Response.ContentType = "application/octet-stream";
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            var chunk = first;
            for (var size = ChunkSize.First; chunk.Bytes.Length > 0;)
            {
                await context.Response.Body.WriteAsync(chunk.Bytes, either.Token);
                at += chunk.Bytes.Length;
                var since = time.GetTimestamp();
                chunk = await file.ReadAsync(at, size, either.Token);
                size = ChunkSize.Next(size, time.GetElapsedTime(since));
            }
            AuditTrail.Note(context, $"{from}, {at} bytes");
        }
        catch (Exception e) when (e is GuestCallException or OperationCanceledException && context.Response.HasStarted)
        {
            // A truncated body shows that something is missing. The next request from that offset gets the reason.
            context.Abort();
        }
    }

    private static async Task<IResult> DigestAsync(
        string vm,
        string? path,
        string? bytes,
        HttpContext context,
        IOrchestrator orchestrator,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        var faults = new List<string>();
        var (from, count) = (GuestPath(path, faults), Count("bytes", bytes, faults));
        Refuse(faults);
        AuditTrail.Note(context, from);
        var target = await orchestrator.FindAsync(vm, cancel);
        AuditTrail.Note(context, target.Id);
        var digest = await GuestDigest.OfAsync(GuestCalls.Of(orchestrator, target.Id), from, count, time, cancel);
        return TypedResults.Json(new FileDigest(from, digest.Bytes, digest.Sha256, digest.How), ApiJson.Default.FileDigest);
    }

    private static async Task<IResult> WriteAsync(
        string vm,
        string? path,
        string? bytes,
        string? sha256,
        string? offset,
        string? inPlace,
        string? mode,
        string? newMode,
        HttpContext context,
        IOrchestrator orchestrator,
        TimeProvider time,
        IHostApplicationLifetime lifetime,
        CancellationToken cancel
    )
    {
        var faults = new List<string>();
        var to = GuestPath(path, faults);
        var (total, at) = (Count("bytes", bytes, faults), Count("offset", offset, faults) ?? 0);
        if (total is null && bytes is null)
            faults.Add("bytes: the size of the whole file is expected");
        else if (at > total)
            faults.Add("offset: it is beyond the file's end");
        if (sha256 is null || !Sha256().IsMatch(sha256))
            faults.Add("sha256: that of the whole file is expected, 64 lower-case hex digits");
        if (inPlace is not (null or "true" or "false"))
            faults.Add("inPlace: true or false is expected");
        foreach (var (name, value) in new[] { ("mode", mode), ("newMode", newMode) })
            if (value is not null && !OctalMode().IsMatch(value)) faults.Add($"{name}: an octal mode such as 0644 is expected");
        Refuse(faults);
        AuditTrail.Note(context, $"{to}, {total} bytes");

        var target = await orchestrator.FindAsync(vm, cancel);
        AuditTrail.Note(context, target.Id);
        var push = new FilePush(
            to, inPlace == "true" ? null : FilePut.PartOf(to, sha256!), total!.Value, sha256!, at, mode, newMode ?? "0644");
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, lifetime.ApplicationStopping);
        try
        {
            var digest = await new GuestFilePush(GuestCalls.Of(orchestrator, target.Id), time).RunAsync(
                push,
                context.Request.Body,
                either.Token
            );
            return TypedResults.Json(
                new FileWritten(to, digest.Bytes, digest.Sha256, digest.How, push.Part is null ? "in-place" : "renamed"),
                ApiJson.Default.FileWritten
            );
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return Problems.Result(Problems.NotReady);
        }
    }

    private static string GuestPath(string? path, List<string> faults)
    {
        if (string.IsNullOrEmpty(path)) faults.Add("path: a file in the guest is expected, such as /etc/hosts");
        else if (path.Contains('\0', StringComparison.Ordinal)) faults.Add("path: it holds a NUL");
        return path ?? "";
    }

    private static long? Count(string name, string? text, List<string> faults)
    {
        if (text is null) return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return count;
        faults.Add($"{name}: a number of bytes is expected");
        return null;
    }

    private static void Refuse(List<string> faults)
    {
        if (faults.Count > 0) throw new ProblemException(Problems.BadRequest(faults, "Correct the query."));
    }

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex Sha256();

    [GeneratedRegex(@"^[0-7]{3,4}\z")]
    private static partial Regex OctalMode();
}
