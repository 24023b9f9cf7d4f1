using System.Net;
using System.Net.Http.Json;
using System.Text;
using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>What a kind of run says before a run of it starts.</summary>
public sealed class KindStartTests : IAsyncLifetime, IDisposable
{
    private readonly NodeFixture _node = new();
    private readonly NeedyKind _kind = new();

    public async Task InitializeAsync()
    {
        await _node.InitializeAsync(services => services.AddSingleton(new RunKinds(_kind)));
        _node.Orchestrator.AddVm("hv1", "a");
    }

    public Task DisposeAsync() => _node.DisposeAsync();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_run_that_its_kind_refuses_is_not_started_and_the_remedy_is_told()
    {
        _kind.Refusal = new("conflict", "Nothing holds the secrets.", "Add a holder.");

        var answer = await StartAsync();

        var problem = (await answer.Content.ReadFromJsonAsync(ApiJson.Default.Problem))!;
        Assert.Equal((HttpStatusCode.Conflict, "conflict"), (answer.StatusCode, problem.Code));
        Assert.Equal(("Nothing holds the secrets.", "Add a holder."), (problem.Detail, problem.Remedy));
        Assert.Empty(_node.Orchestrator.Runs);
    }

    [Fact]
    public async Task A_run_that_its_kind_refuses_is_not_tried_again_either()
    {
        await _node.Views.SaveEndedRunAsync(
            new("needy1", "needy", "*", RunPhase.Failed, null, new() { Total = 1, Failed = 1 }, DateTimeOffset.UnixEpoch,
                DateTimeOffset.UnixEpoch.AddSeconds(9), null,
                new() { MaxParallel = 1, MaxFailures = CountOrPercent.All, MaxUnreachable = CountOrPercent.All }),
            []);
        _kind.Refusal = new("conflict", "Nothing holds the secrets.", "Add a holder.");

        var answer = await _node.Admin.PostAsync("/v1/runs/needy1/retry", null);

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("Add a holder.", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kinds_warnings_are_returned_when_the_run_starts_and_not_later()
    {
        _kind.Warnings = ["One holder only."];

        var run = (await (await StartAsync()).Content.ReadFromJsonAsync(ApiJson.Default.Run))!;

        Assert.Equal(["One holder only."], run.Warnings!);
        Assert.DoesNotContain("warnings", await _node.Admin.GetStringAsync($"/v1/runs/{run.Id}"), StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> StartAsync() => _node.Admin.PostAsync(
        "/v1/runs", new StringContent("""{"kind":"needy","select":"*"}""", Encoding.UTF8, "application/json"));

    private sealed class NeedyKind : RunKind
    {
        public KindRefusal? Refusal { get; set; }

        public IReadOnlyList<string> Warnings { get; set; } = [];

        public override string Name => "needy";

        public override string Help => "needs something of its node";

        public override IReadOnlyList<RunStep> Steps => [];

        public override Task<KindRefusal?> RefusalAsync(NodeStores stores, RunOptions options) => Task.FromResult(Refusal);

        public override Task<IReadOnlyList<string>> WarningsAsync(NodeStores stores, RunOptions options) =>
            Task.FromResult(Warnings);

        public override Props Worker(ItemPlace place) => throw new InvalidOperationException("nothing is worked on here");

        public override Props Checker(ItemPlace place) => Worker(place);
    }
}
