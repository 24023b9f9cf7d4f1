using Microsoft.AspNetCore.Http.Features;
using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Requests;
using QgaOrchestrator.Node.Peers;

namespace QgaOrchestrator.Node.Http.Forwarding;

/// <summary>Has another host's node answer a request, and passes its answer on as it comes.</summary>
public sealed class Forwarder(IPeers peers)
{
    /// <summary>The answer's header that names the host whose node has answered.</summary>
    public const string AnsweredBy = "Qga-Answered-By";

    /// <summary>They belong to one connection, or to the node that was asked.</summary>
    private static readonly HashSet<string> NotPassedOn = new(StringComparer.OrdinalIgnoreCase)
    {
        "Authorization", "Connection", "Date", "Host", "Keep-Alive", "Proxy-Connection", "Server", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade",
    };

    /// <param name="target">Path and query.</param>
    /// <param name="content">The body; null: that of the request, where it has one.</param>
    /// <param name="more">Headers beside the request's.</param>
    public async Task ForwardAsync(
        HttpContext context, string host, string target, HttpContent? content = null, params (string Name, string Value)[] more)
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), target)
        {
            Content = content ?? (HasBody(context) ? new StreamContent(context.Request.Body) : null),
        };
        Describe(request, context, more);
        HttpResponseMessage answer;
        try
        {
            answer = await peers.SendAsync(host, request, context.RequestAborted);
        }
        catch (PeerUnreachableException e)
        {
            await Problems.Result(Unreachable(context, e)).ExecuteAsync(context);
            return;
        }
        context.Response.Headers[AnsweredBy] = host;
        using (answer) await PassOnAsync(answer, context);
    }

    /// <summary>Asks another node on behalf of the request's caller. Its answer's body may still come.</summary>
    /// <exception cref="PeerUnreachableException">It does not answer.</exception>
    public Task<HttpResponseMessage> AskAsync(HttpContext context, string host, string target)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, target);
        ForwardedCaller.Write(request, context, BearerToken.CallerOf(context)!);
        return peers.SendAsync(host, request, context.RequestAborted);
    }

    /// <summary>The same, of any request.</summary>
    /// <exception cref="PeerUnreachableException">It does not answer.</exception>
    public Task<HttpResponseMessage> AskAsync(
        HttpContext context, string host, HttpRequestMessage request, CancellationToken cancel)
    {
        ForwardedCaller.Write(request, context, BearerToken.CallerOf(context)!);
        return peers.SendAsync(host, request, cancel);
    }

    private static bool HasBody(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false };

    private static void Describe(HttpRequestMessage request, HttpContext context, (string Name, string Value)[] more)
    {
        foreach (var (name, values) in context.Request.Headers)
        {
            if (NotPassedOn.Contains(name)) continue;
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
        foreach (var (name, value) in more) request.Headers.TryAddWithoutValidation(name, value);
        ForwardedCaller.Write(request, context, BearerToken.CallerOf(context)!);
    }

    /// <summary>Each part at once: it may be an event that somebody waits for.</summary>
    public static async Task PassOnAsync(HttpResponseMessage answer, HttpContext context)
    {
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
            if (!NotPassedOn.Contains(name)) context.Response.Headers[name] = values.ToArray();
        var buffer = new byte[16 * 1024];
        await using var from = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        try
        {
            for (int read; (read = await from.ReadAsync(buffer, context.RequestAborted)) > 0;)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // Half an answer must not pass for a whole one.
            context.Abort();
        }
        finally
        {
            // It may have held what a guest said.
            Array.Clear(buffer);
        }
    }

    private static Problem Unreachable(HttpContext context, PeerUnreachableException e) =>
        e.WasSent && !HttpMethods.IsGet(context.Request.Method)
            ? new(
                "Unknown outcome", StatusCodes.Status504GatewayTimeout, ProblemCodes.UnknownOutcome,
                $"{e.Message}. The request may have been executed.", "See what it has done before you repeat it.")
            : new(
                "Unreachable", StatusCodes.Status503ServiceUnavailable, ProblemCodes.Unreachable, $"{e.Message}.",
                $"See qgactl host show {e.Host}, and start qgad there.");
}
