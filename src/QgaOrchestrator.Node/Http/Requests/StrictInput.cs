using System.Reflection;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Node.Http.Requests;

/// <summary>
/// Refuses what a route does not take, so that a misspelt option is never ignored: query parameters that the route's handler does
/// not have, members of the body that the route does not name, and either of them given twice. It holds for all routes: a new
/// route takes the query parameters of its handler, and no body until it says so.
/// </summary>
public static class StrictInput
{
    /// <summary>After token and role were checked, before anything is done or audited.</summary>
    public static void UseStrictInput(this WebApplication app) => app.Use(async (context, next) =>
    {
        if (context.GetEndpoint() is RouteEndpoint route)
        {
            CheckQuery(route, context.Request.Query);
            var rule = route.Metadata.GetMetadata<RouteBody>() ?? RouteBody.None;
            if (rule != RouteBody.Bytes)
            {
                using var body = await ReadAsync(rule, context);
                context.Features.Set(body);
                await next(context);
                return;
            }
        }
        await next(context);
    });

    /// <summary>The route takes a body.</summary>
    public static TBuilder Takes<TBuilder>(this TBuilder endpoint, RouteBody body) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(body);

    /// <summary>The checked body; empty where there is none.</summary>
    public static ReadOnlyMemory<byte> BodyOf(HttpContext context) => context.Features.Get<JsonBody>()?.Utf8 ?? default;

    /// <summary>What the body lies in, on a route where it may be secret (<see cref="RouteBody.IsSecret"/>): the caller's from
    /// now on. Null where there is none.</summary>
    public static Secret? TakeSecret(HttpContext context) => context.Features.Get<JsonBody>()?.Take();

    /// <summary>The parameters of the route's handler that come from the query: texts, numbers and flags that are not in the
    /// path.</summary>
    public static IReadOnlyList<string> QueryOf(RouteEndpoint route) =>
        [
            .. (route.Metadata.GetMetadata<MethodInfo>()?.GetParameters() ?? [])
        .Where(parameter => IsText(parameter.ParameterType) && route.RoutePattern.GetParameter(parameter.Name!) is null)
        .Select(parameter => parameter.Name!)];

    private static bool IsText(Type type) =>
        (Nullable.GetUnderlyingType(type) ?? type) is var plain && (plain == typeof(string) || plain.IsPrimitive);

    private static void CheckQuery(RouteEndpoint route, IQueryCollection query)
    {
        if (query.Count == 0) return;
        var known = QueryOf(route);
        var faults = new List<string>();
        foreach (var (name, values) in query)
        {
            if (!known.Contains(name, StringComparer.OrdinalIgnoreCase))
                faults.Add(
                    $"{PlainText.Of(name)}: there is no such query parameter; "
                        + $"{(known.Count == 0 ? "this route takes none" : $"the parameters are {string.Join(", ", known)}")}"
                );
            else if (values.Count > 1)
                faults.Add($"{PlainText.Of(name)}: given {values.Count} times; give it once");
        }
        if (faults.Count > 0) throw new ProblemException(Problems.BadRequest(faults, "Correct the query."));
    }

    private static async Task<JsonBody> ReadAsync(RouteBody rule, HttpContext context)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false } && rule.Optional)
            return new JsonBody(ReadOnlyMemory<byte>.Empty);
        var body = rule.IsSecret ? new JsonBody(await SecretBody.ReadAsync(context)) : await ReadPlainAsync(context);
        try
        {
            return Check(rule, body.Utf8) ? body : new JsonBody(ReadOnlyMemory<byte>.Empty);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static async Task<JsonBody> ReadPlainAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        return new JsonBody(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
    }

    /// <returns>False: there is none.</returns>
    private static bool Check(RouteBody rule, ReadOnlyMemory<byte> body)
    {
        if (rule.Optional && body.Span.Trim(" \t\r\n"u8).IsEmpty) return false;
        if (!Utf8.IsValid(body.Span)) throw new ProblemException(Problems.BadRequest("The body is not UTF-8.", rule.Remedy));
        var faults = JsonMembers.Faults(body.Span, rule.Members) ?? throw new ProblemException(
            Problems.BadRequest("The body is not a JSON object.", rule.Remedy));
        if (faults.Count > 0) throw new ProblemException(Problems.BadRequest(faults, rule.Remedy));
        return true;
    }

    private sealed class JsonBody(ReadOnlyMemory<byte> utf8) : IDisposable
    {
        private Secret? _holder;

        public JsonBody(Secret holder) : this(holder.RevealMemory()) => _holder = holder;

        public ReadOnlyMemory<byte> Utf8 => utf8;

        public Secret? Take()
        {
            var taken = _holder;
            _holder = null;
            return taken;
        }

        public void Dispose() => _holder?.Dispose();
    }
}

/// <summary>What a route takes as its body: a JSON object.</summary>
/// <param name="Members">Its members; null: the route checks them itself, as for a command's arguments.</param>
/// <param name="Remedy">What to send, a sentence.</param>
/// <param name="Optional">It may be empty.</param>
public sealed record RouteBody(IReadOnlyList<string>? Members, string Remedy, bool Optional = false)
{
    /// <summary>It may hold a secret: it is read into memory that is overwritten when the request has ended.</summary>
    public bool IsSecret { get; init; }

    /// <summary>What a route takes that names no body.</summary>
    public static readonly RouteBody None = new([], "Send no body.", Optional: true);

    /// <summary>A file, which the route reads itself.</summary>
    public static readonly RouteBody Bytes = new(null, "");
}
