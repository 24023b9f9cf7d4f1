using System.Text.Json;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Requests;
using QgaOrchestrator.Passwords;

namespace QgaOrchestrator.Node.Http.Passwords;

/// <summary>The body that puts another sealed text of the same password in the place of one.</summary>
public static class ResealRequestReader
{
    public static readonly RouteBody Body = new(
        ["was", "sealed"], """Send {"was":BASE64,"sealed":BASE64}, as qgactl escrow rewrap does.""");

    /// <exception cref="ProblemException">400.</exception>
    public static ResealRequest Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            if (JsonSerializer.Deserialize(body.Span, ApiJson.Default.ResealRequest) is { Was: not null, Sealed: not null } asked)
                return asked;
        }
        catch (JsonException)
        {
            // The same answer.
        }
        throw new ProblemException(Problems.BadRequest("The body holds no two sealed texts in base64.", Body.Remedy));
    }

    /// <summary>Why the text is not one for exactly these; null: it is.</summary>
    public static Problem? Differs(byte[] text, IReadOnlyList<EscrowRecipient> recipients)
    {
        IReadOnlyList<string> of;
        try
        {
            of = SealedPassword.RecipientsOf(text);
        }
        catch (PasswordException e)
        {
            return Problems.BadRequest([$"sealed: {e.Message}"], Body.Remedy);
        }
        return of.ToHashSet(StringComparer.Ordinal).SetEquals(recipients.Select(one => one.KeyIdentifier))
            ? null
            : Problems.Conflict(
                ProblemCodes.Conflict,
                $"It is sealed for {string.Join(", ", of)}, and the node's recipients are "
                    + $"{string.Join(", ", recipients.Select(one => $"{one.Name} ({one.KeyIdentifier})"))}.",
                "Seal it for all of them, and for nobody else: qgactl escrow rewrap.");
    }
}
