using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Audit;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http;

/// <summary>/v1/tokens: who may use this node. A secret is returned once, when its token is made; a hash never.</summary>
public static class TokenEndpoints
{
    public static void MapTokens(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiRoutes.Tokens, (TokenStore tokens) =>
            TypedResults.Json(new Page<Token>(tokens.List(), null), ApiJson.Default.PageToken)).For(Role.Admin);
        routes.MapPost(ApiRoutes.Tokens, AddAsync).For(Role.Admin).Takes(TokenRequestReader.Body);
        routes.MapDelete(ApiRoutes.Token, RevokeAsync).For(Role.Admin);
    }

    private static async Task<IResult> AddAsync(HttpContext context, TokenStore tokens, TimeProvider time)
    {
        var (name, role, expires) = TokenRequestReader.Read(StrictInput.BodyOf(context), time.GetUtcNow());
        AuditTrail.Note(
            context, $"{name}: {role.Name()}{(expires is { } end ? $", until {end.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}" : "")}");
        NewToken? made;
        try
        {
            made = await tokens.AddAsync(name, role, expires);
        }
        catch (StoreException e) when (!e.IsAway)
        {
            return Problems.Result(NotWritten(e, "No token was added."));
        }
        if (made is null)
            return Problems.Result(
                Problems.Conflict(
                    ProblemCodes.Conflict,
                    $"There is already a token {name}.",
                    $"Choose another name, or revoke it first: qgactl token revoke {name}."
                )
            );
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Location = ApiRoutes.TokenPath(name);
        return TypedResults.Json(made, ApiJson.Default.NewToken, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> RevokeAsync(string name, HttpContext context, TokenStore tokens)
    {
        AuditTrail.Note(context, name);
        if (name == Caller.Admin)
            return Problems.Result(
                Problems.Conflict(
                    ProblemCodes.Conflict,
                    "The token admin is in the file admin.token and cannot be revoked.",
                    "To replace it, remove DATA/admin.token and start the node again."
                )
            );
        try
        {
            return await tokens.RevokeAsync(name)
                ? TypedResults.NoContent()
                : Problems.Result(Problems.NotFound($"There is no token {name}.", "GET /v1/tokens lists them."));
        }
        catch (StoreException e) when (!e.IsAway)
        {
            return Problems.Result(NotWritten(e, "The token is still valid."));
        }
    }

    private static Problem NotWritten(StoreException why, string so) =>
        new(
            "Tokens unavailable",
            StatusCodes.Status503ServiceUnavailable,
            "tokens-unavailable",
            $"{why.Reason}. {so}",
            $"{why.Remedy}. Then try again."
        );
}
