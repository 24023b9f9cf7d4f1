using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace QgaOrchestrator.Api.Client;

/// <summary>
/// A node's API, typed. Every method throws <see cref="ApiException"/> where the node answers with an error and
/// <see cref="NodeUnreachableException"/> where it does not answer. Lists follow their cursors to the end.
/// </summary>
public sealed partial class QgaClient : IDisposable
{
    private readonly ApiTransport _transport;
    private readonly RunEventReader _events;

    /// <param name="api">The node's base address.</param>
    /// <param name="token">Bearer token, null where the client has none.</param>
    /// <param name="handler">The way to the node; disposed with the client.</param>
    public QgaClient(Uri api, string? token, TimeProvider time, HttpMessageHandler? handler = null)
    {
        _transport = new ApiTransport(api, token, time, handler);
        _events = new RunEventReader(_transport, time);
    }

    public Uri Api => _transport.Api;

    /// <summary>The way to a node that a client takes where it is given none; its TLS is the caller's to set.</summary>
    public static SocketsHttpHandler HandlerFor(Uri api) => ApiTransport.Handler(api);

    public IAsyncEnumerable<Vm> ListVmsAsync(string? select = null, CancellationToken cancel = default) =>
        ListAsync(WithQuery(ApiRoutes.Vms, ("select", select)), ApiJson.Default.PageVm, cancel);

    /// <summary>The whole list at once, with what the node says of it.</summary>
    public async Task<Page<Vm>> GetVmsAsync(string? select = null, CancellationToken cancel = default)
    {
        var vms = new List<Vm>();
        for (string? cursor = null; ;)
        {
            var page = await GetAsync(
                    WithQuery(ApiRoutes.Vms, ("select", select), ("cursor", cursor)),
                    ApiJson.Default.PageVm,
                    cancel
                )
                .ConfigureAwait(false);
            vms.AddRange(page.Items);
            if ((cursor = page.Next) is null)
                return page with { Items = vms, Total = vms.Count };
        }
    }

    public Task<Vm> GetVmAsync(string vm, CancellationToken cancel = default) =>
        GetAsync(ApiRoutes.VmPath(vm), ApiJson.Default.Vm, cancel);

    public IAsyncEnumerable<Host> ListHostsAsync(CancellationToken cancel = default) =>
        ListAsync(ApiRoutes.Hosts, ApiJson.Default.PageHost, cancel);

    public Task<Host> GetHostAsync(string host, CancellationToken cancel = default) =>
        GetAsync(ApiRoutes.HostPath(host), ApiJson.Default.Host, cancel);

    /// <summary>Has a host emptied, or has it begin items again; the host decides, and answers.</summary>
    public Task<Host> DrainHostAsync(string host, bool on, CancellationToken cancel = default) =>
        PostAsync(ApiRoutes.HostDrainPath(host, on), default, ApiJson.Default.Host, cancel);

    /// <summary>A host that is away does not come back.</summary>
    public async Task ForgetHostAsync(string host, CancellationToken cancel = default)
    {
        using var response = await _transport
            .SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, ApiRoutes.HostPath(host)), cancel).ConfigureAwait(false);
    }

    /// <summary>Calls one agent command and gives the value of its "return" member.</summary>
    /// <param name="arguments">A UTF-8 JSON object, or empty for none.</param>
    public async Task<JsonElement> CallAgentAsync(
        string vm,
        string command,
        ReadOnlyMemory<byte> arguments,
        AgentCallOptions options,
        CancellationToken cancel = default
    ) => (await AskAgentAsync(vm, command, arguments, options, cancel).ConfigureAwait(false)).Return;

    /// <summary>Calls one agent command and gives the whole reply: also what ended a command that the agent does not
    /// answer.</summary>
    /// <inheritdoc cref="CallAgentAsync"/>
    public Task<AgentCallReply> AskAgentAsync(
        string vm, string command, ReadOnlyMemory<byte> arguments, AgentCallOptions options, CancellationToken cancel = default)
    {
        var path = WithQuery(
            ApiRoutes.AgentCallPath(vm, command),
            ("timeout", options.Timeout?.ToString("c")),
            ("lease", options.Lease?.ToString("c")),
            ("force", options.Force ? "true" : null)
        );
        return PostOnceAsync(path, arguments, ApiJson.Default.AgentCallReply, cancel);
    }

    /// <summary>Wakes a guest that suspended itself to memory.</summary>
    public Task<WokenVm> WakeAsync(string vm, CancellationToken cancel = default) =>
        PostOnceAsync(ApiRoutes.WakePath(vm), default, ApiJson.Default.WokenVm, cancel);

    /// <summary>Starts a run. A connection that breaks is tried once more under the same key: it never starts two.</summary>
    public Task<Run> StartRunAsync(RunRequest request, CancellationToken cancel = default) =>
        PostAsync(
            ApiRoutes.Runs,
            JsonSerializer.SerializeToUtf8Bytes(request, ApiJson.Default.RunRequest),
            ApiJson.Default.Run,
            cancel
        );

    /// <param name="kept">Told from when on runs are kept, where older ones were removed.</param>
    public IAsyncEnumerable<Run> ListRunsAsync(Action<DateTimeOffset>? kept = null, CancellationToken cancel = default) =>
        ListAsync(ApiRoutes.Runs, ApiJson.Default.PageRun, cancel, kept);

    /// <summary>The node's metrics, as Prometheus reads them.</summary>
    public async Task<string> GetMetricsAsync(CancellationToken cancel = default)
    {
        using var response = await _transport
            .SendAsync(() => new HttpRequestMessage(HttpMethod.Get, ApiRoutes.Metrics), cancel).ConfigureAwait(false);
        return await _transport.ReadTextAsync(response, cancel).ConfigureAwait(false);
    }

    /// <summary>What the node answers to a GET, also where that is an error: /readyz tells what is wrong.</summary>
    public async Task<string> ReadTextAsync(string path, CancellationToken cancel = default)
    {
        using var response = await _transport
            .SendRawAsync(() => new HttpRequestMessage(HttpMethod.Get, path), cancel).ConfigureAwait(false);
        return await _transport.ReadTextAsync(response, cancel).ConfigureAwait(false);
    }

    public Task<Run> GetRunAsync(string id, CancellationToken cancel = default) =>
        GetAsync(ApiRoutes.RunPath(id), ApiJson.Default.Run, cancel);

    public IAsyncEnumerable<ItemStatus> ListRunItemsAsync(string id, CancellationToken cancel = default) =>
        ListAsync(ApiRoutes.RunPath(id) + "/items", ApiJson.Default.PageItemStatus, cancel);

    /// <summary>What a command or exec run's VMs gave back.</summary>
    /// <param name="id">The run.</param>
    /// <param name="vm">One VM's only.</param>
    public IAsyncEnumerable<RunResult> ListRunResultsAsync(string id, string? vm = null, CancellationToken cancel = default) =>
        ListAsync(WithQuery(ApiRoutes.RunPath(id) + "/results", ("vm", vm)), ApiJson.Default.PageRunResult, cancel);

    /// <summary>Copies one result's whole stream: return, out or err.</summary>
    public async Task CopyRunResultAsync(string id, int item, string stream, Stream to, CancellationToken cancel = default)
    {
        using var response = await _transport
            .SendAsync(() => new HttpRequestMessage(HttpMethod.Get, $"{ApiRoutes.RunPath(id)}/results/{item}/{stream}"), cancel)
            .ConfigureAwait(false);
        await _transport.CopyAsync(response, to, cancel).ConfigureAwait(false);
    }

    public Task<Run> PauseRunAsync(string id, CancellationToken cancel = default) => ActAsync(id, "pause", cancel);

    public Task<Run> ResumeRunAsync(string id, CancellationToken cancel = default) => ActAsync(id, "resume", cancel);

    /// <param name="id">The run.</param>
    /// <param name="wait">Lets the copies under way finish instead of cancelling them.</param>
    public Task<Run> AbortRunAsync(string id, bool wait, CancellationToken cancel = default) =>
        ActAsync(id, wait ? "abort?wait=true" : "abort", cancel);

    /// <summary>Makes a new run of all items that have not succeeded.</summary>
    public Task<Run> RetryRunAsync(string id, CancellationToken cancel = default) => ActAsync(id, "retry", cancel);

    /// <summary>A run's events until it has ended; a broken stream is taken up again where it broke.</summary>
    /// <param name="id">The run.</param>
    /// <param name="lost">Told why, each time that the stream breaks.</param>
    public IAsyncEnumerable<RunUpdate> WatchRunAsync(
        string id,
        Action<string>? lost = null,
        CancellationToken cancel = default
    ) => _events.ReadAsync(id, lost, cancel);

    public IAsyncEnumerable<Point> ListPointsAsync(string? vm = null, CancellationToken cancel = default) =>
        ListAsync(WithQuery(ApiRoutes.RecoveryPoints, ("vm", vm)), ApiJson.Default.PagePoint, cancel);

    public Task<Point> GetPointAsync(string id, CancellationToken cancel = default) =>
        GetAsync(ApiRoutes.RecoveryPointPath(id), ApiJson.Default.Point, cancel);

    /// <summary>Has the point's host read all of its images again.</summary>
    public Task<PointCheck> VerifyPointAsync(string id, CancellationToken cancel = default) =>
        PostAsync(ApiRoutes.RecoveryPointVerifyPath(id), default, ApiJson.Default.PointCheck, cancel);

    /// <summary>Reads an image of a point, from its host through whichever node is asked.</summary>
    /// <param name="sha256">Of the image, as the point says.</param>
    /// <param name="offset">Where to begin; the node begins at 0 where the image is another by now.</param>
    /// <param name="to">Is told where the bytes begin, and gives the stream that they are written to.</param>
    /// <exception cref="ApiException">416: there is nothing behind the offset.</exception>
    public async Task ReadPointDiskAsync(
        string id, int index, string sha256, long offset, Func<long, Stream> to, CancellationToken cancel = default)
    {
        using var response = await _transport.SendAsync(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, ApiRoutes.RecoveryPointDiskPath(id, index));
            if (offset == 0) return request;
            request.Headers.Range = new(offset, null);
            request.Headers.IfRange = new(new EntityTagHeaderValue($"\"{sha256}\""));
            return request;
        }, cancel).ConfigureAwait(false);
        var at = response.StatusCode == HttpStatusCode.PartialContent ? offset : 0;
        await _transport.CopyAsync(response, to(at), cancel).ConfigureAwait(false);
    }

    /// <summary>Reads a file of a point's machine, from its host through whichever node is asked.</summary>
    /// <param name="file">Its name, as the point says.</param>
    public async Task ReadPointMachineAsync(string id, string file, Stream to, CancellationToken cancel = default)
    {
        using var response = await _transport
            .SendAsync(() => new HttpRequestMessage(HttpMethod.Get, ApiRoutes.RecoveryPointMachinePath(id, file)), cancel)
            .ConfigureAwait(false);
        await _transport.CopyAsync(response, to, cancel).ConfigureAwait(false);
    }

    /// <summary>Deletes a point: its images, its point.json and the catalog's row.</summary>
    /// <param name="id">The point.</param>
    /// <param name="missing">Also where its directory is gone.</param>
    public async Task<DeletedPoint> DeletePointAsync(string id, bool missing, CancellationToken cancel = default)
    {
        var path = WithQuery(ApiRoutes.RecoveryPointPath(id), ("missing", missing ? "true" : null));
        using var response =
            await _transport.SendOnceAsync(() => new HttpRequestMessage(HttpMethod.Delete, path), cancel).ConfigureAwait(false);
        return await _transport.ReadAsync(response, ApiJson.Default.DeletedPoint, cancel).ConfigureAwait(false);
    }

    public IAsyncEnumerable<Token> ListTokensAsync(CancellationToken cancel = default) =>
        ListAsync(ApiRoutes.Tokens, ApiJson.Default.PageToken, cancel);

    /// <summary>Makes a token; its secret is told in this one answer.</summary>
    public Task<NewToken> AddTokenAsync(TokenRequest request, CancellationToken cancel = default) =>
        PostOnceAsync(
            ApiRoutes.Tokens,
            JsonSerializer.SerializeToUtf8Bytes(request, ApiJson.Default.TokenRequest),
            ApiJson.Default.NewToken,
            cancel
        );

    /// <summary>From its return on the token is refused.</summary>
    public async Task RevokeTokenAsync(string name, CancellationToken cancel = default)
    {
        using var response = await _transport
            .SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, ApiRoutes.TokenPath(name)), cancel).ConfigureAwait(false);
    }

    /// <summary>The audit log's entries, newest first.</summary>
    /// <param name="filter">Which are wanted.</param>
    /// <param name="page">How many are asked for at once.</param>
    /// <param name="kept">Told from when on entries are kept, where older ones were removed.</param>
    public IAsyncEnumerable<AuditRecord> ListAuditAsync(
        AuditFilter filter,
        int? page = null,
        Action<DateTimeOffset>? kept = null,
        CancellationToken cancel = default
    ) =>
        ListAsync(
            WithQuery(
                ApiRoutes.Audit,
                ("vm", filter.Vm),
                ("run", filter.Run),
                ("who", filter.Who),
            ("since", filter.Since?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture)),
            ("limit", page?.ToString(CultureInfo.InvariantCulture))),
        ApiJson.Default.PageAuditRecord, cancel, kept);

    /// <summary>Has the node compute the audit log's chain again.</summary>
    /// <param name="head">A head that was noted earlier, to be found again.</param>
    public Task<AuditChain> CheckAuditAsync(string? head = null, CancellationToken cancel = default) =>
        GetAsync(WithQuery(ApiRoutes.AuditCheck, ("head", head)), ApiJson.Default.AuditChain, cancel);

    public void Dispose() => _transport.Dispose();

    private Task<Run> ActAsync(string id, string action, CancellationToken cancel) =>
        PostAsync($"{ApiRoutes.RunPath(id)}/{action}", default, ApiJson.Default.Run, cancel);

    private async IAsyncEnumerable<T> ListAsync<T>(
        string path,
        JsonTypeInfo<Page<T>> type,
        [EnumeratorCancellation] CancellationToken cancel,
        Action<DateTimeOffset>? kept = null
    )
    {
        for (string? cursor = null; ;)
        {
            var page = await GetAsync(WithQuery(path, ("cursor", cursor)), type, cancel).ConfigureAwait(false);
            if (cursor is null && page.KeptFrom is { } from)
                kept?.Invoke(from);
            foreach (var item in page.Items)
                yield return item;
            if ((cursor = page.Next) is null)
                yield break;
        }
    }

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using var response =
            await _transport.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), cancel).ConfigureAwait(false);
        return await _transport.ReadAsync(response, type, cancel).ConfigureAwait(false);
    }

    /// <summary>What the node knows again by its key, or may be asked twice.</summary>
    private async Task<T> PostAsync<T>(string path, ReadOnlyMemory<byte> body, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        var key = Guid.NewGuid().ToString("N");
        using var response = await _transport.SendAsync(() =>
        {
            var request = Post(path, body);
            request.Headers.Add(ApiRoutes.IdempotencyKeyHeader, key);
            return request;
        }, cancel).ConfigureAwait(false);
        return await _transport.ReadAsync(response, type, cancel).ConfigureAwait(false);
    }

    /// <summary>A guest would do it twice.</summary>
    private async Task<T> PostOnceAsync<T>(string path, ReadOnlyMemory<byte> body, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using var response = await _transport.SendOnceAsync(
            () => new HttpRequestMessage(HttpMethod.Post, path) { Content = new SecretContent(body) }, cancel)
            .ConfigureAwait(false);
        return await _transport.ReadAsync(response, type, cancel).ConfigureAwait(false);
    }

    private static HttpRequestMessage Post(string path, ReadOnlyMemory<byte> body) => new(HttpMethod.Post, path)
    {
        Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new("application/json") } },
    };

    private static string WithQuery(string path, params ReadOnlySpan<(string Name, string? Value)> query)
    {
        var text = new StringBuilder(path);
        foreach (var (name, value) in query)
            if (value is not null)
                text.Append(text.ToString().Contains('?') ? '&' : '?').Append(name).Append('=')
                    .Append(Uri.EscapeDataString(value));
        return text.ToString();
    }
}
