using System.Net;
using System.Text.Json;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Http.Forwarding;
using QgaOrchestrator.Node.Peers;

namespace QgaOrchestrator.Node.Http.Passwords;

/// <summary>Has the other hosts change a recipient as this one did: each keeps its own files of them.</summary>
/// <param name="forwarder">Null: this node is alone.</param>
public sealed class RecipientsElsewhere(IOrchestrator orchestrator, QgadOptions options, Forwarder? forwarder = null)
{
    /// <summary>A host that is slower is told of as one that does not answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Asked of every host that is known, this one first. Whoever hangs up does not keep the others from it.</summary>
    /// <param name="body">That of the request; empty: it has none.</param>
    /// <returns>What each host made of it, and whether one of them did not know the recipient; null: this node is alone, or
    /// another node asks.</returns>
    public async Task<RecipientChange?> ChangeAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        if (forwarder is null || context.Features.Get<PeerConnection>() is not null) return null;
        var hosts = await orchestrator.ListHostsAsync(CancellationToken.None);
        var others = hosts.Where(host => host.Host != options.Node.Host).Select(host => host.State == HostState.Unreachable
            ? Task.FromResult((Host: Missed(host.Host, "Its node is not reachable."), IsUnknown: false))
            : AskAsync(context, host.Host, body));
        var answers = await Task.WhenAll(others);
        return new(
            [new RecipientHost(options.Node.Host, Taken: true), .. answers.Select(answer => answer.Host)],
            answers.All(answer => answer.IsUnknown));
    }

    private async Task<(RecipientHost Host, bool IsUnknown)> AskAsync(HttpContext context, string host, ReadOnlyMemory<byte> body)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method), context.Request.Path + context.Request.QueryString);
        if (body.Length > 0)
            request.Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new("application/json") } };
        try
        {
            using var answer = await forwarder!.AskAsync(context, host, request, limit.Token);
            var isUnknown = answer.StatusCode == HttpStatusCode.NotFound && request.Method == HttpMethod.Delete;
            if (answer.IsSuccessStatusCode || isUnknown) return (new(host, Taken: true), isUnknown);
            await using var said = await answer.Content.ReadAsStreamAsync(limit.Token);
            var problem = await JsonSerializer.DeserializeAsync(said, ApiJson.Default.Problem, limit.Token);
            return (Missed(host, problem?.Detail ?? $"It answered {(int)answer.StatusCode}.", problem?.Remedy), false);
        }
        catch (PeerUnreachableException e)
        {
            return (Missed(host, $"{e.Message}."), false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            return (Missed(host, $"Its answer was lost: {e.Message.TrimEnd('.')}."), false);
        }
        catch (OperationCanceledException)
        {
            return (Missed(host, $"It did not answer within {Patience.TotalSeconds:0} s."), false);
        }
    }

    /// <summary>The change is made anew on all hosts, which changes nothing where it was made.</summary>
    private static RecipientHost Missed(string host, string reason, string? remedy = null) => new(host, Taken: false)
    {
        Reason = reason,
        Remedy = remedy ?? "Do the same again when it is up. Until then it refuses password resets: qgactl host list shows it.",
    };
}

/// <summary>A change of a recipient on several hosts.</summary>
/// <param name="Hosts">What each made of it.</param>
/// <param name="IsUnknownElsewhere">No other host had the recipient.</param>
public sealed record RecipientChange(IReadOnlyList<RecipientHost> Hosts, bool IsUnknownElsewhere);
