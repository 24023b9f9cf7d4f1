using System.Text.Json;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Audit;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Limits;
using QgaOrchestrator.Node.Http.Requests;
using QgaOrchestrator.Passwords;

namespace QgaOrchestrator.Node.Http.Passwords;

/// <summary>/v1/escrow/recipients: who can open what this node seals.</summary>
public static class RecipientEndpoints
{
    private static readonly RouteBody Body = new(["certificate"], """Send {"certificate":PEM}, with the line breaks as \n.""");

    /// <summary>One change at a time, so that the last one is not removed twice.</summary>
    private static readonly SemaphoreSlim Changing = new(1);

    public static void MapRecipients(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiRoutes.EscrowRecipients, ListAsync).For(Role.Viewer);
        routes.MapGet(ApiRoutes.EscrowRecipient, ShowAsync).For(Role.Viewer);
        routes.MapPut(ApiRoutes.EscrowRecipient, AddAsync).For(Role.Admin).Takes(Body).UpTo(BodyLimits.Small);
        routes.MapDelete(ApiRoutes.EscrowRecipient, RemoveAsync).For(Role.Admin);
    }

    private static async Task<IResult> ListAsync(IRecipients recipients) => TypedResults.Json(
        new Page<Recipient>([.. (await EscrowRecipients.ReadAsync(recipients)).Select(one => one.ToApi())], null),
        ApiJson.Default.PageRecipient);

    private static async Task<IResult> ShowAsync(string name, IRecipients recipients) =>
        (await EscrowRecipients.ReadAsync(recipients)).FirstOrDefault(one => one.Name == name) is { } found
            ? TypedResults.Json(found.ToApi(), ApiJson.Default.Recipient)
            : Problems.Result(NoRecipient(name));

    /// <summary>Here first: what this host refuses no other one is asked for. Again where it is there: for hosts that missed
    /// it.</summary>
    private static async Task<IResult> AddAsync(
        string name, HttpContext context, IRecipients recipients, RecipientsElsewhere elsewhere, TimeProvider time)
    {
        var body = StrictInput.BodyOf(context);
        var wanted = Read(name, body, time.GetUtcNow());
        AuditTrail.Note(context, $"{name}: certificate {wanted.Fingerprint}");
        var (isNew, refused) = await AddHereAsync(wanted, recipients, context.RequestAborted);
        if (refused is not null) return Problems.Result(refused);
        var hosts = (await elsewhere.ChangeAsync(context, body))?.Hosts;
        if (Missed(hosts) is { } missed) AuditTrail.Note(context, $"{name}: certificate {wanted.Fingerprint}{missed}");
        if (isNew) context.Response.Headers.Location = ApiRoutes.EscrowRecipientPath(name);
        return TypedResults.Json(
            wanted.ToApi() with { Hosts = hosts },
            ApiJson.Default.Recipient,
            statusCode: isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<(bool IsNew, Problem? Refused)> AddHereAsync(
        EscrowRecipient wanted, IRecipients recipients, CancellationToken cancel)
    {
        await Changing.WaitAsync(cancel);
        try
        {
            var all = await EscrowRecipients.ReadAsync(recipients);
            if (all.FirstOrDefault(one => one.Name == wanted.Name) is { } same)
                return (false, same.Fingerprint == wanted.Fingerprint
                    ? null
                    : Problems.Conflict(
                        ProblemCodes.Conflict,
                        $"There is a recipient {same.Name} with another certificate ({same.Fingerprint}).",
                        $"Choose another name, or remove it first: qgactl escrow remove {same.Name}"));
            if (all.FirstOrDefault(one => one.KeyIdentifier == wanted.KeyIdentifier) is { } other)
                return (false, Problems.Conflict(
                    ProblemCodes.Conflict,
                    $"The recipient {other.Name} has this key already ({other.KeyIdentifier}).",
                    "Give another key: a second holder is worth something only with a key of his own."));
            await recipients.AddAsync(new(wanted.Name, wanted.Certificate));
            return (true, null);
        }
        finally
        {
            Changing.Release();
        }
    }

    private static async Task<IResult> RemoveAsync(
        string name, bool? force, HttpContext context, IRecipients recipients, RecipientsElsewhere elsewhere,
        AccountLookup accounts, IEscrow escrow)
    {
        AuditTrail.Note(context, name);
        bool wasHere;
        await Changing.WaitAsync(context.RequestAborted);
        try
        {
            var all = await EscrowRecipients.ReadAsync(recipients);
            var leaving = all.FirstOrDefault(one => one.Name == name);
            wasHere = leaving is not null;
            if (leaving is not null)
            {
                var refused = await RefusalAsync(leaving, [.. all.Where(one => one != leaving)], force == true, accounts, escrow);
                if (refused is not null) return Problems.Result(refused);
                await recipients.RemoveAsync(name);
            }
        }
        finally
        {
            Changing.Release();
        }
        // Also where it was not here: a host that missed its removal may have it.
        var change = await elsewhere.ChangeAsync(context, default);
        if (!wasHere && change is not { IsUnknownElsewhere: false }) return Problems.Result(NoRecipient(name));
        if (change?.Hosts is not { } hosts) return TypedResults.NoContent();
        if (Missed(hosts) is { } missed) AuditTrail.Note(context, name + missed);
        return TypedResults.Json(new RemovedRecipient(name, hosts), ApiJson.Default.RemovedRecipient);
    }

    private static string? Missed(IReadOnlyList<RecipientHost>? hosts) =>
        hosts?.Where(host => !host.Taken).Select(host => host.Host).ToList() is { Count: > 0 } missed
            ? $"; missed by {string.Join(", ", missed)}"
            : null;

    private static async Task<Problem?> RefusalAsync(
        EscrowRecipient leaving, EscrowRecipient[] left, bool force, AccountLookup accounts, IEscrow escrow)
    {
        if (left.Length == 0)
            return (await escrow.ListAsync(null, 1)).Count > 0
                ? Problems.Conflict(
                    ProblemCodes.Conflict,
                    $"{leaving.Name} is the last recipient, and the escrow has accounts: nobody could open what is sealed next.",
                    "Add another one first, then seal for it what there is: qgactl escrow init NAME --to DIR; "
                        + "qgactl escrow rewrap --key FILE")
                : null;
        if (force) return null;
        var (count, example) = await OnlyForAsync(left, accounts, escrow);
        return count == 0
            ? null
            : Problems.Conflict(
                ProblemCodes.Conflict,
                $"{count} passwords that may be in force, as that of {example}, are sealed for none of the other recipients.",
                $"Seal them for the others with the key of {leaving.Name}: qgactl escrow rewrap --key FILE. Where that key is "
                    + $"lost, reset those accounts, or force it: qgactl escrow remove {leaving.Name} --force");
    }

    /// <summary>How many passwords that may be in force none of these can open, and one of them.</summary>
    private static async Task<(int Count, string? Example)> OnlyForAsync(
        EscrowRecipient[] left, AccountLookup accounts, IEscrow escrow)
    {
        var keys = left.Select(one => one.KeyIdentifier).ToHashSet(StringComparer.Ordinal);
        var (count, example) = (0, (string?)null);
        await foreach (var account in accounts.AllAsync())
            foreach (var one in AccountRules.Possible(account))
                if (await escrow.SealedAsync(account.Id, one.Number) is { } text && !Opens(keys, text))
                    (count, example) = (count + 1, example ?? $"{account.Id.User} in {account.Name}");
        return (count, example);
    }

    private static bool Opens(HashSet<string> keys, byte[] text)
    {
        try
        {
            return SealedPassword.RecipientsOf(text).Any(keys.Contains);
        }
        catch (PasswordException)
        {
            return false;
        }
    }

    private static EscrowRecipient Read(string name, ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        using var document = JsonDocument.Parse(body);
        var pem = document.RootElement.TryGetProperty("certificate", out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new ProblemException(Problems.BadRequest(["certificate: a certificate as PEM is expected"], Body.Remedy));
        try
        {
            var read = EscrowRecipient.Read(name, pem);
            return read.NotAfter > now
                ? read
                : throw new ProblemException(Problems.BadRequest(
                    [$"certificate: it ended on {read.NotAfter.UtcDateTime:yyyy-MM-dd}"], "Give one that is valid."));
        }
        catch (PasswordException e)
        {
            throw new ProblemException(Problems.BadRequest([$"certificate: {e.Message}"], Body.Remedy));
        }
    }

    private static Problem NoRecipient(string name) =>
        Problems.NotFound($"There is no recipient {PlainText.Of(name)}.", "qgactl escrow list lists them.");
}
