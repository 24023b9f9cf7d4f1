using System.Runtime.CompilerServices;
using System.Text;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>What a test says that the actors answer.</summary>
internal sealed class FakeOrchestrator : IOrchestrator
{
    public List<VmStatus> Vms { get; } = [];

    public Dictionary<string, CallReply> Replies { get; } = [];

    /// <summary>Before <see cref="Replies"/>, from a command and its arguments; null: those answer.</summary>
    public Func<string, string, CallReply?>? Answer { get; set; }

    public List<(VmId Vm, string Command, string Arguments, CallOptions Options)> Calls { get; } = [];

    public Dictionary<string, RunView> Runs { get; } = [];

    public List<RunView> Watched { get; } = [];

    /// <summary>How long a watched run goes on; null: no longer than what there is to tell.</summary>
    public Func<CancellationToken, Task>? WatchedFor { get; set; }

    public void AddVm(string host, string name, params (string Key, string Value)[] labels) =>
        Vms.Add(new(new(host, name), null, labels.ToDictionary(l => l.Key, l => l.Value), AgentState.Ready));

    public Task<IReadOnlyList<VmStatus>> ListVmsAsync(CancellationToken cancel) => Task.FromResult<IReadOnlyList<VmStatus>>(Vms);

    public List<HostStatus> Hosts { get; } = [];

    public List<string> Forgotten { get; } = [];

    public Task<IReadOnlyList<HostStatus>> ListHostsAsync(CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<HostStatus>>(Hosts);

    public void ForgetHost(string host) => Forgotten.Add(host);

    public List<bool> Drained { get; } = [];

    public void DrainHost(bool on) => Drained.Add(on);

    public Task<string> FindRunHostAsync(string id, CancellationToken cancel) => Task.FromResult("hv1");

    public Task<CallReply> CallAsync(VmId vm, AgentRequest request, CallOptions options, CancellationToken cancel)
    {
        var (command, given) = (request.Command, Encoding.UTF8.GetString(request.Arguments.Span));
        Calls.Add((vm, command, given, options));
        return Task.FromResult(Answer?.Invoke(command, given) ?? Replies[command]);
    }

    public List<VmId> Woken { get; } = [];

    public Task<CallReply> WakeAsync(VmId vm, CancellationToken cancel)
    {
        Woken.Add(vm);
        return Task.FromResult(Replies["wake"]);
    }

    public Task<RunView> StartRunAsync(
        string id, string kind, string select, RunOptions options, RunPlan plan, string by, CancellationToken cancel)
    {
        var state = RunRules.Evolve(
            null,
            new RunEvent.RunStarted(id, kind, select, options, plan.Targets, DateTimeOffset.UnixEpoch, null)
            {
                Notes = plan.Notes,
                StartedBy = by,
            }
        );
        return Task.FromResult(Runs[id] = View(state));
    }

    public List<RunSteering> Steered { get; } = [];

    public Task<RunView?> SteerRunAsync(string id, RunSteering steering, string by, CancellationToken cancel)
    {
        Steered.Add(steering);
        return GetRunAsync(id, cancel);
    }

    public Task<RunView?> RetryRunAsync(string id, string newId, string by, CancellationToken cancel)
    {
        if (!Runs.TryGetValue(id, out var run))
            return Task.FromResult<RunView?>(null);
        var retry = run with
        {
            Summary = run.Summary with { Id = newId, RetryOf = id, StartedBy = by, EndedAt = null, Phase = RunPhase.Running },
        };
        return Task.FromResult<RunView?>(Runs[newId] = retry);
    }

    public Task<RunView?> GetRunAsync(string id, CancellationToken cancel) => Task.FromResult(Runs.GetValueOrDefault(id));

    public async IAsyncEnumerable<RunView> WatchRunAsync(string id, [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (var view in Watched) yield return view;
        await (WatchedFor?.Invoke(cancel) ?? Task.CompletedTask);
    }

    public static RunView View(RunState state, params ItemProgress[] progress) =>
        new(RunSummary.Of(state), [.. state.Items.Select(RunItemView.Of)], progress);
}
