using System.Net;
using System.Text;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>A node as a table of answers, each route's in order, the last of them for ever; it remembers what it was
/// asked.</summary>
internal sealed class FakeNode : HttpMessageHandler
{
    private readonly Dictionary<string, Queue<Func<HttpResponseMessage>>> _answers = [];

    public List<Asked> Requests { get; } = [];

    /// <summary>Takes a run, which is r1, and lets it succeed.</summary>
    /// <param name="run">As it is shown in the end.</param>
    public static FakeNode OfRun(string? run = null) => new FakeNode()
        .Answers("POST /v1/runs", Cli.Tests.Answers.Run("running"))
        .Streams("GET /v1/runs/r1/events", Cli.Tests.Answers.Event("run", Cli.Tests.Answers.Run("succeeded", succeeded: 2)))
        .Answers("GET /v1/runs/r1", run ?? Cli.Tests.Answers.Run("succeeded", succeeded: 2))
        .Answers("GET /v1/runs/r1/items", Cli.Tests.Answers.Page());

    /// <param name="route">As in <c>GET /v1/vms</c>, the query included where it matters.</param>
    public FakeNode Answers(string route, string json, HttpStatusCode status = HttpStatusCode.OK) =>
        Answers(route, () =>
            new HttpResponseMessage(status) { Content = new StringContent(json, Encoding.UTF8, "application/json") }
        );

    /// <summary>In the place of what the route was to answer.</summary>
    public FakeNode Instead(string route, string json)
    {
        _answers.Remove(route);
        return Answers(route, json);
    }

    public FakeNode Streams(string route, string events) =>
        Answers(route, () => new HttpResponseMessage { Content = new StringContent(events, Encoding.UTF8, "text/event-stream") });

    public FakeNode Answers(string route, Func<HttpResponseMessage> answer)
    {
        if (!_answers.TryGetValue(route, out var queue))
            _answers[route] = queue = new();
        queue.Enqueue(answer);
        return this;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.PathAndQuery;
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        lock (_answers)
            Requests.Add(
                new Asked($"{request.Method} {path}", body.TrimEnd(' '), name =>
                    request.Headers.TryGetValues(name, out var values) ? values.Single() : null,
                    request.RequestUri
                )
            );
        if (!_answers.TryGetValue($"{request.Method} {path}", out var queue))
            return new HttpResponseMessage(HttpStatusCode.NotFound);
        Func<HttpResponseMessage> answer;
        lock (_answers) answer = queue.Count > 1 ? queue.Dequeue() : queue.Peek();
        return answer();
    }

    internal sealed record Asked(string Route, string Body, Func<string, string?> Header, Uri Uri);
}
