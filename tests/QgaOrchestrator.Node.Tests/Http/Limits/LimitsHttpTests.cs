using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using QgaOrchestrator.Actors.Kinds.Backup;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Limits;

namespace QgaOrchestrator.Node.Tests.Http.Limits;

/// <summary>What strangers and tokens may cost, on a real node with real sockets. Each on a node of its own.</summary>
public sealed class LimitsHttpTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly NodeFixture _node = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _node.DisposeAsync();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task Five_thousand_idle_connections_of_strangers_keep_nobody_out()
    {
        await _node.InitializeAsync();
        const int idle = 5000;
        var address = _node.Stranger.BaseAddress!;
        List<Socket> sockets = [];
        try
        {
            while (sockets.Count < idle)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                await socket.ConnectAsync(address.Host, address.Port);
            }

            using var late = _node.With((await File.ReadAllTextAsync(_node.TokenFile)).Trim());
            Assert.Equal(HttpStatusCode.OK, (await late.GetAsync(ApiRoutes.Vms)).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await _node.Stranger.GetAsync(ApiRoutes.Health)).StatusCode);
            Assert.InRange(_node.Service<ConnectionBook>().Count, 1, OpenFiles.MostConnections);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task A_viewer_that_asks_too_often_is_told_when_to_ask_again_and_others_are_not_kept()
    {
        await _node.InitializeAsync();
        using var viewer = await _node.AsAsync("viewer");

        var answers = await Task.WhenAll(Enumerable.Range(0, 15).Select(async _ =>
        {
            List<HttpResponseMessage> own = [];
            for (var i = 0; i < 20; i++) own.Add(await viewer.GetAsync(ApiRoutes.Vms));
            return own;
        }));

        var refused = answers.SelectMany(all => all).First(answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Equal(ProblemCodes.TooManyRequests, (await refused.Content.ReadFromJsonAsync(ApiJson.Default.Problem))!.Code);
        Assert.Equal(HttpStatusCode.OK, (await _node.Admin.GetAsync(ApiRoutes.Vms)).StatusCode);
    }

    [Fact]
    public async Task A_tokens_refusals_fill_no_log_and_its_thaw_is_never_refused_for_them()
    {
        await _node.InitializeAsync();
        _node.Orchestrator.AddVm("hv1", "a1");
        _node.Orchestrator.Replies["guest-fsfreeze-thaw"] = new CallReply.Returned("1"u8.ToArray());
        using var someone = await _node.AsAsync("operator");

        HttpResponseMessage last;
        var asked = 0;
        do
        {
            last = await someone.PostAsync(ApiRoutes.Runs, new StringContent("{}", Encoding.UTF8, "application/json"));
            asked++;
        }
        while (last.StatusCode == HttpStatusCode.BadRequest);

        Assert.InRange(asked, RefusalBudget.Burst + 1, RefusalBudget.Burst + 20);
        Assert.Equal(HttpStatusCode.TooManyRequests, last.StatusCode);
        Assert.Equal(
            HttpStatusCode.OK, (await someone.PostAsync(ApiRoutes.AgentCallPath("a1", "guest-fsfreeze-thaw"), null)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await someone.GetAsync(ApiRoutes.Vms)).StatusCode);
    }

    [Theory]
    [InlineData("POST /v1/tokens", "admin", BodyLimits.None)]
    [InlineData("POST /v1/runs", "operator", BodyLimits.Small)]
    [InlineData("POST /v1/runs/r1/abort", "operator", BodyLimits.None)]
    [InlineData("POST /v1/vms/a1/agent/guest-ping", "viewer", BodyLimits.None)]
    [InlineData("POST /v1/vms/a1/agent/guest-ping", "operator", BodyLimits.Small)]
    [InlineData("POST /v1/vms/a1/agent/guest-file-write", "operator", BodyLimits.Agent)]
    [InlineData("POST /v1/vms/a1/exec", "operator", BodyLimits.Agent)]
    public async Task A_body_that_is_too_large_for_route_and_role_is_refused_with_the_limit(string route, string role, long most)
    {
        await _node.InitializeAsync();
        using var client = await _node.AsAsync(role);
        using var request = new HttpRequestMessage(HttpMethod.Post, route.Split(' ')[1])
        {
            Content = new StreamContent(new MemoryStream()) { Headers = { ContentLength = most + 1 } },
            Headers = { ExpectContinue = true },
        };

        var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync(ApiJson.Default.Problem);
        Assert.Equal(
            (ProblemCodes.TooLarge, true), (problem!.Code, problem.Detail!.Contains($"{most} bytes", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_refused_at_the_limit_and_not_behind_it()
    {
        await _node.InitializeAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, ApiRoutes.Runs)
        {
            Content = new StringContent(new string(' ', (int)BodyLimits.Small + 1)),
            Headers = { TransferEncodingChunked = true },
        };

        var answer = await _node.Admin.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains(
            $"{BodyLimits.Small} bytes",
            (await answer.Content.ReadFromJsonAsync(ApiJson.Default.Problem))!.Detail,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_body_that_comes_too_slowly_is_refused()
    {
        await _node.InitializeAsync(Impatient);
        using var socket = await ConnectAsync(
            $"POST /v1/runs HTTP/1.1\r\nHost: n\r\nAuthorization: Bearer {_node.Secret}\r\nContent-Length: 100\r\n\r\n{{");

        var answer = await ReadAsync(socket);

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains(ProblemCodes.TooSlow, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_of_events_that_does_not_read_is_dropped()
    {
        await _node.InitializeAsync(Impatient);
        var ended = new TaskCompletionSource();
        _node.Orchestrator.Runs["r1"] = Run("r1");
        // More than the buffers hold: each view tells a change.
        _node.Orchestrator.Watched.AddRange(Enumerable.Range(0, 20_000).Select(i => Run("r1", new string('x', 1000) + i)));
        _node.Orchestrator.WatchedFor = async cancel =>
        {
            await using var gone = cancel.Register(() => ended.TrySetResult());
            await ended.Task;
        };

        using var socket = await ConnectAsync(
            $"GET /v1/runs/r1/events HTTP/1.1\r\nHost: n\r\nAuthorization: Bearer {_node.Secret}\r\n\r\n", receive: 4096);
        using var limit = new CancellationTokenSource(Limit);
        while (_node.Service<ConnectionBook>().Count > 0) await Task.Delay(10, limit.Token);
        Assert.False(ended.Task.IsCompleted, "all was written: the reader was not slow");
    }

    [Fact]
    public async Task A_token_follows_so_many_runs_at_once_and_no_more()
    {
        await _node.InitializeAsync();
        var end = new TaskCompletionSource();
        _node.Orchestrator.Runs["r1"] = Run("r1");
        _node.Orchestrator.Watched.Add(Run("r1"));
        _node.Orchestrator.WatchedFor = cancel => end.Task.WaitAsync(cancel);
        using var viewer = await _node.AsAsync("viewer");
        List<HttpResponseMessage> streams = [];
        for (var i = 0; i < RoleLimits.Of(Role.Viewer).Streams; i++)
            streams.Add(await viewer.GetAsync("/v1/runs/r1/events", HttpCompletionOption.ResponseHeadersRead));

        Assert.All(streams, stream => Assert.Equal(HttpStatusCode.OK, stream.StatusCode));
        Assert.Equal(
            HttpStatusCode.TooManyRequests,
            (await viewer.GetAsync("/v1/runs/r1/events", HttpCompletionOption.ResponseHeadersRead)).StatusCode
        );
        end.SetResult();
    }

    private static void Impatient(IServiceCollection services) => services.Configure<KestrelServerOptions>(kestrel =>
    {
        kestrel.Limits.MinRequestBodyDataRate = new(240, TimeSpan.FromSeconds(1.1));
    }).AddSingleton(new SlowReaders(TimeSpan.FromSeconds(0.3), TimeProvider.System));

    private static Actors.RunView Run(string id, string? reason = null)
    {
        var run = RunRules.Evolve(
            null,
            new Core.Runs.RunEvent.RunStarted(
                id,
                BackupKind.Name,
                "*",
                new BackupRunKind().ParseOptions(null).Options!,
                [new VmId("hv1", "a1")],
                DateTimeOffset.UnixEpoch,
                null
            )
        );
        return FakeOrchestrator.View(run with { Reason = reason });
    }

    private async Task<Socket> ConnectAsync(string request, int? receive = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        if (receive is { } bytes) socket.ReceiveBufferSize = bytes;
        await socket.ConnectAsync(_node.Stranger.BaseAddress!.Host, _node.Stranger.BaseAddress.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        return socket;
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(Limit);
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(limit.Token);
    }
}
