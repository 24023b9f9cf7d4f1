using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace QgaOrchestrator.Api.Client;

/// <summary>Requests and replies with the token, and with errors as exceptions.</summary>
internal sealed class ApiTransport : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A token's limit is for a second: who keeps to it is let in soon.</summary>
    private const int MostTries = 30;

    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1);

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    public ApiTransport(Uri api, string? token, TimeProvider time, HttpMessageHandler? handler)
    {
        _time = time;
        // Without an end of its own: an agent's command may take minutes, and events come for hours.
        _http = new HttpClient(handler ?? Handler(api))
        {
            BaseAddress = api,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (token is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public Uri Api => _http.BaseAddress!;

    /// <summary>The way to a node, as it is where none is given.</summary>
    public static SocketsHttpHandler Handler(Uri api) => new() { ConnectTimeout = ConnectTimeout, UseProxy = !api.IsLoopback };

    /// <summary>Sends, and once more where a kept connection was just closed by the node or the reply broke off.</summary>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> request, CancellationToken cancel)
    {
        try
        {
            return await SendOnceAsync(request, cancel).ConfigureAwait(false);
        }
        catch (NodeUnreachableException e) when (
            e.InnerException is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded })
        {
            return await SendOnceAsync(request, cancel).ConfigureAwait(false);
        }
    }

    public async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        try
        {
            var body = await response.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false);
            return JsonSerializer.Deserialize(body, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new NodeUnreachableException(Api, $"it does not speak this API: {e.Message}", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new NodeUnreachableException(Api, e.Message, e);
        }
    }

    public async Task CopyAsync(HttpResponseMessage response, Stream to, CancellationToken cancel)
    {
        try
        {
            await response.Content.CopyToAsync(to, cancel).ConfigureAwait(false);
        }
        catch (HttpIOException e)
        {
            throw new NodeUnreachableException(Api, "the connection was lost", e);
        }
        catch (HttpRequestException e)
        {
            throw new NodeUnreachableException(Api, e.Message, e);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Sends what must not be done twice: what the node refused for the token's limits it has not done.</summary>
    public async Task<HttpResponseMessage> SendOnceAsync(Func<HttpRequestMessage> make, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await SendNowAsync(make, cancel).ConfigureAwait(false);
            }
            catch (ApiException e) when (e.Code == ProblemCodes.TooManyRequests && tries < MostTries)
            {
                await Task.Delay(BetweenTries, _time, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sends once, whatever is answered: a body that is read once.</summary>
    public async Task<HttpResponseMessage> SendNowAsync(Func<HttpRequestMessage> make, CancellationToken cancel)
    {
        var response = await SendRawAsync(make, cancel).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw new ApiException(response.StatusCode, await ProblemOfAsync(response, cancel).ConfigureAwait(false));
    }

    /// <summary>Sends once, and gives an answer that is an error back, too.</summary>
    public async Task<HttpResponseMessage> SendRawAsync(Func<HttpRequestMessage> make, CancellationToken cancel)
    {
        using var request = make();
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new NodeUnreachableException(Api, Reason(e), e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new NodeUnreachableException(Api, "it does not accept the connection", e);
        }
    }

    public async Task<string> ReadTextAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            return await response.Content.ReadAsStringAsync(cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new NodeUnreachableException(Api, e.Message, e);
        }
    }

    private static string Reason(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.ConnectionError => "nothing accepts the connection",
        HttpRequestError.NameResolutionError => "its name does not resolve",
        HttpRequestError.SecureConnectionError =>
            "its certificate is not accepted: its CA is not trusted (--ca FILE names it), or it is for another name",
        HttpRequestError.ResponseEnded => "it closed the connection without an answer",
        _ => e.Message,
    };

    /// <summary>The problem that the node told, or one of its status where it told none (a proxy's error page).</summary>
    private static async Task<Problem> ProblemOfAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            var body = await response.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false);
            if (JsonSerializer.Deserialize(body, ApiJson.Default.Problem) is { Title: not null, Code: not null } problem)
                return problem;
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            return OfStatus(response);
        }
        return OfStatus(response);
    }

    private static Problem OfStatus(HttpResponseMessage response)
    {
        var title = $"HTTP {(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd();
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => new Problem(
                title,
                401,
                ProblemCodes.Unauthorized,
                "The node does not accept the token.",
                "Pass the node's token with --token-file; the node writes its admin token to DATA/admin.token."
            ),
            HttpStatusCode.Forbidden => new Problem(
                title,
                403,
                ProblemCodes.Forbidden,
                "The token's role does not allow this.",
                "Use a token of a higher role."
            ),
            HttpStatusCode.NotFound => new Problem(title, 404, ProblemCodes.NotFound),
            var status => new Problem(title, (int)status, ProblemCodes.Internal),
        };
    }
}
