using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Audit;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Limits;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http.Passwords;

/// <summary>/v1/passwords and /v1/vms/{vm}/passwords/{user}: what the escrow has. The sealed text is for operators who say
/// why.</summary>
public static class PasswordEndpoints
{
    private const string Why = "reason";

    public static void MapPasswords(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiRoutes.Passwords, ListAsync).For(Role.Viewer);
        routes.MapGet(ApiRoutes.VmPassword, ShowAsync)
            .For(context => AsksForText(context) ? Role.Operator : Role.Viewer, "viewer; operator with `reason`")
            .AuditedAsChange(AsksForText, context => $"{context.GetRouteValue("user")}: {context.Request.Query[Why]}");
        routes.MapPut(ApiRoutes.VmPasswordGeneration, ResealAsync)
            .For(Role.Admin).Takes(ResealRequestReader.Body).UpTo(BodyLimits.Small);
        routes.MapCheckouts();
        routes.MapRecipients();
    }

    private static bool AsksForText(HttpContext context) => context.Request.Query.ContainsKey(Why);

    private static async Task<IResult> ListAsync(
        string? vm,
        string? user,
        string? limit,
        string? cursor,
        IOrchestrator orchestrator,
        AccountLookup lookup,
        CancellationToken cancel)
    {
        var most = Paging.Limit(limit);
        var live = new Dictionary<string, VmStatus>(StringComparer.Ordinal);
        foreach (var one in await orchestrator.ListVmsAsync(cancel)) live.TryAdd(AccountLookup.KeyOf(one), one);
        var wanted = string.IsNullOrEmpty(vm) ? null : AccountLookup.Wanted(vm);
        var found = new List<FoundAccount>();
        await foreach (var account in lookup.AllAsync(After(cursor)).WithCancellation(cancel))
        {
            if (!string.IsNullOrEmpty(user) && account.Id.User != user) continue;
            var one = new FoundAccount(account, live.GetValueOrDefault(account.Id.Vm));
            if (wanted is not null && !Is(one, wanted)) continue;
            found.Add(one);
            if (found.Count > most) break;
        }
        return TypedResults.Json(
            new Page<EscrowedAccount>(
                [.. found.Take(most).Select(one => one.ToApi(all: false))],
                found.Count > most ? Cursor(found[most - 1].Account.Id) : null),
            ApiJson.Default.PageEscrowedAccount);
    }

    private static bool Is(FoundAccount found, string wanted)
    {
        var place = found.Vm?.Id.ToString() ?? found.Account.Name;
        return found.Account.Id.Vm == wanted || place == wanted || place.EndsWith($"/{wanted}", StringComparison.Ordinal);
    }

    private static string Cursor(AccountId id) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{id.Vm}\n{id.User}"));

    private static AccountId? After(string? cursor)
    {
        if (string.IsNullOrEmpty(cursor)) return null;
        try
        {
            var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor));
            if (text.Split('\n') is [var vm, var user]) return new(vm, user);
        }
        catch (FormatException)
        {
            // The same answer.
        }
        throw Paging.Bad();
    }

    private static async Task<IResult> ShowAsync(
        string vm,
        string user,
        string? reason,
        string? generation,
        string? at,
        HttpContext context,
        AccountLookup lookup,
        IEscrow escrow,
        IViews views,
        CancellationToken cancel)
    {
        if (AsksForText(context)) PasswordRequestReader.CheckReason(reason, "Add ?reason=, which the audit log keeps.");
        else if (generation is not null || at is not null)
            throw new ProblemException(Problems.BadRequest(
                [$"{(at is null ? "generation" : "at")}: it is for the sealed text"],
                "Add ?reason=, which the audit log keeps."));
        var found = await lookup.FindAsync(vm, user, cancel);
        if (!AsksForText(context))
            return TypedResults.Json(found.ToApi(all: true), ApiJson.Default.EscrowedAccount);
        Note(context, found, reason!);
        var numbers = await ChosenAsync(found.Account, generation, at, views);
        return await TextsAsync(context, found, numbers, escrow);
    }

    /// <summary>The account with the sealed text of these generations.</summary>
    public static async Task<JsonHttpResult<EscrowedAccount>> TextsAsync(
        HttpContext context, FoundAccount found, IEnumerable<int> numbers, IEscrow escrow)
    {
        var texts = new Dictionary<int, byte[]>();
        foreach (var number in numbers)
            if (await escrow.SealedAsync(found.Account.Id, number) is { } text) texts[number] = text;
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(found.ToApi(all: true, texts), ApiJson.Default.EscrowedAccount);
    }

    public static void Note(HttpContext context, FoundAccount found, string what)
    {
        if (found.Vm is { } vm) AuditTrail.Note(context, vm.Id);
        else if (found.Account.Name.Split('/') is [var host, var name]) AuditTrail.Note(context, new VmId(host, name));
        AuditTrail.Note(context, $"{found.Account.Id.User}: {what}");
    }

    /// <exception cref="ProblemException">400 or 404.</exception>
    private static async Task<IReadOnlyList<int>> ChosenAsync(Account account, string? generation, string? at, IViews views)
    {
        if (generation is not null && at is not null)
            throw new ProblemException(Problems.BadRequest(["at: give it or generation, not both"], "Correct the query."));
        if (generation is not null)
        {
            var number = int.TryParse(generation, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed)
                ? parsed
                : throw new ProblemException(Problems.BadRequest(
                    ["generation: a number from 1 on is expected"], "Correct the query."));
            return account.Find(number) is null ? throw new ProblemException(NoGeneration(account, number)) : [number];
        }
        if (at is null) return [.. account.Generations.Select(one => one.Number)];
        var point = await views.GetPointAsync(at) ?? throw new ProblemException(
            Problems.NotFound($"There is no recovery point {PlainText.Of(at)}.", "qgactl point list lists them."));
        if (!IsOf(point, account))
            throw new ProblemException(Problems.BadRequest(
                [$"at: the point {point.Id} is of {point.Host}/{point.Vm}"], "Name a point of this VM: qgactl point list."));
        var named = (point.Passwords ?? []).Where(one => one.User == account.Id.User).Select(one => one.Generation).ToArray();
        return named.Any(number => account.Find(number) is not null)
            ? named
            : throw new ProblemException(Problems.NotFound(
                $"The point {point.Id} names no password of {account.Id.User} that the escrow still has.",
                "It was made before the first reset, or without the escrow. Try each that the escrow has: leave out --at."));
    }

    /// <summary>A VM without a UUID is its place.</summary>
    private static bool IsOf(RecoveryPoint point, Account account) =>
        AccountId.KeyOf(point.Uuid, point.Host, point.Vm) == account.Id.Vm || $"{point.Host}/{point.Vm}" == account.Name;

    public static Problem NoGeneration(Account account, int number) => Problems.NotFound(
        $"The escrow has no generation {number} of {account.Id.User} in {account.Name}.",
        $"It has {string.Join(", ", account.Generations.Select(one => one.Number))}. One that nobody needs is removed in time.");

    private static async Task<IResult> ResealAsync(
        string vm,
        string user,
        int generation,
        HttpContext context,
        AccountLookup lookup,
        IEscrow escrow,
        IRecipients recipients,
        CancellationToken cancel)
    {
        var asked = ResealRequestReader.Read(StrictInput.BodyOf(context));
        var found = await lookup.FindAsync(vm, user, cancel);
        Note(context, found, $"generation {generation} sealed anew");
        if (found.Account.Find(generation) is null) return Problems.Result(NoGeneration(found.Account, generation));
        if (ResealRequestReader.Differs(asked.Sealed, await EscrowRecipients.ReadAsync(recipients)) is { } problem)
            return Problems.Result(problem);
        return await escrow.ResealAsync(found.Account.Id, generation, asked.Was, asked.Sealed)
            ? TypedResults.NoContent()
            : Problems.Result(Problems.Conflict(
                ProblemCodes.Conflict,
                $"Generation {generation} of {user} in {found.Account.Name} is not what was says: it was sealed anew meanwhile.",
                "Read it again, and seal what it holds now."));
    }
}
