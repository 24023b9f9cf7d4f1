using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http.Passwords;

/// <summary>/v1/vms/{vm}/passwords/{user}/checkout: a password is given to one person for a time, and rotated after it.</summary>
public static class CheckoutEndpoints
{
    public static void MapCheckouts(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(ApiRoutes.VmPasswordCheckout, TakeAsync).For(Role.Operator).Takes(PasswordRequestReader.Checkout);
        routes.MapDelete(ApiRoutes.VmPasswordCheckout, ReturnAsync).For(Role.Operator);
    }

    private static async Task<IResult> TakeAsync(
        string vm,
        string user,
        HttpContext context,
        AccountLookup lookup,
        IEscrow escrow,
        TimeProvider time,
        CancellationToken cancel)
    {
        var (wanted, reason) = PasswordRequestReader.ReadCheckout(StrictInput.BodyOf(context));
        var by = BearerToken.CallerOf(context)!.Name;
        var found = await lookup.FindAsync(vm, user, cancel);
        PasswordEndpoints.Note(context, found, $"for {wanted:c}: {reason}");
        if (AccountRules.Possible(found.Account).Count == 0)
            return Problems.Result(Problems.Conflict(
                ProblemCodes.Conflict,
                $"No password of {user} in {found.Account.Name} that the escrow has is in force.",
                $"Set one: qgactl password reset --select name={Name(found)} --user {user}"));
        var now = time.GetUtcNow();
        Problem? refused = null;
        var account = await escrow.ChangeAsync(found.Account.Id, old =>
        {
            refused = old is null ? null : Refusal(old, by, now);
            return old is null || refused is not null
                ? null
                : old with { Checkout = new(by, now, now + wanted, reason) };
        });
        if (refused is not null) return Problems.Result(refused);
        var given = found with { Account = account ?? found.Account };
        return await PasswordEndpoints.TextsAsync(
            context, given, AccountRules.Possible(given.Account).Select(one => one.Number), escrow);
    }

    private static Problem? Refusal(Account account, string by, DateTimeOffset now) => account.Checkout switch
    {
        { } open when open.Until > now && open.By != by => Problems.Conflict(
            ProblemCodes.Conflict,
            $"{open.By} has the password of {account.Id.User} in {account.Name} until "
                + $"{open.Until.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}.",
            $"Ask {open.By} to check it in (qgactl password checkin), or wait until it is rotated."),
        { Rotation: { } run } over when over.Until <= now => Problems.Conflict(
            ProblemCodes.Conflict,
            $"The password of {account.Id.User} in {account.Name} is being rotated by run {run}, since it was checked out.",
            $"Try again when it has ended: qgactl run watch {run}"),
        // Else whoever had it could keep it for as long as somebody else comes in time.
        { } over when over.Until <= now && over.By != by => Problems.Conflict(
            ProblemCodes.Conflict,
            $"The time of {over.By} for the password of {account.Id.User} in {account.Name} is over, and it is not rotated yet.",
            "Try again in a minute. Where you cannot wait: qgactl password show."),
        _ => null,
    };

    private static async Task<IResult> ReturnAsync(
        string vm,
        string user,
        HttpContext context,
        AccountLookup lookup,
        IEscrow escrow,
        TimeProvider time,
        CancellationToken cancel)
    {
        var caller = BearerToken.CallerOf(context)!;
        var found = await lookup.FindAsync(vm, user, cancel);
        PasswordEndpoints.Note(context, found, "checked in");
        var now = time.GetUtcNow();
        Problem? refused = null;
        var account = await escrow.ChangeAsync(found.Account.Id, old =>
        {
            refused = old?.Checkout switch
            {
                null => Problems.NotFound(
                    $"Nobody has the password of {user} in {found.Account.Name}.", "qgactl password ages shows who has one."),
                { } other when other.By != caller.Name && caller.Role < Role.Admin => Problems.Conflict(
                    ProblemCodes.Conflict,
                    $"{other.By} has the password of {user} in {found.Account.Name}.",
                    $"{other.By} or an admin can check it in."),
                _ => null,
            };
            return refused is null && old is { Checkout: { } open } && open.Until > now
                ? old with { Checkout = open with { Until = now } }
                : null;
        });
        return refused is not null
            ? Problems.Result(refused)
            : TypedResults.Json(
                (found with { Account = account ?? found.Account }).ToApi(all: true), ApiJson.Default.EscrowedAccount);
    }

    private static string Name(FoundAccount found) => found.Account.Name.Split('/')[^1];
}
