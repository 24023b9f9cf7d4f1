using System.Net.Http.Headers;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Node.Peers;

namespace QgaOrchestrator.Node.Http.Forwarding;

/// <summary>Has a run started by the node that will work for it.</summary>
/// <param name="forwarder">Null: this node is alone.</param>
public sealed class RunForwarding(IOrchestrator orchestrator, QgadOptions options, Forwarder? forwarder = null)
{
    private const string RunHeader = "Qga-Run";

    /// <summary>The id of the run that another node wants to have started here; null: the caller wants one.</summary>
    public string? RunOf(HttpRequest request) =>
        request.HttpContext.Features.Get<PeerConnection>() is null ? null : (string?)request.Headers[RunHeader];

    /// <summary>The host whose node would work for a new run, where that is another one.</summary>
    public async Task<string?> ElsewhereAsync(string id, HttpContext context) =>
        forwarder is not null
        && context.Features.Get<PeerConnection>() is null
        && await orchestrator.FindRunHostAsync(id, context.RequestAborted) is var host
        && host != options.Node.Host
            ? host
            : null;

    public IResult At(string host, string id, ReadOnlyMemory<byte> body) => new Forwarded(forwarder!, host, id, body);

    private sealed class Forwarded(Forwarder forwarder, string host, string id, ReadOnlyMemory<byte> body) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            var content = new ReadOnlyMemoryContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            return forwarder.ForwardAsync(context, host, context.Request.Path, content, (RunHeader, id));
        }
    }
}
