using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Passwords;
using QgaOrchestrator.Actors.Runs;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>Asks the node's actors on behalf of HTTP.</summary>
public sealed class Orchestrator(
    NodeActors actors, NodeStores stores, SecretSpool secrets, RunKinds kinds, SetByHand byHand, HostDrain drain,
    NodeState state, TimeProvider time)
    : IOrchestrator
{
    private readonly IViews _views = stores.Views;

    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(15);

    /// <summary>A run that is silent for longer waits for its journal, or is elsewhere.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(150);

    /// <summary>A call waits for its turn in the channel and has its own time-out there; this is the last resort.</summary>
    private static readonly TimeSpan LongestCall = TimeSpan.FromMinutes(30);

    /// <summary>Three questions of the monitor, with 5 s each.</summary>
    private static readonly TimeSpan LongestWake = TimeSpan.FromSeconds(20);

    public async Task<IReadOnlyList<VmStatus>> ListVmsAsync(CancellationToken cancel) =>
        (await actors.Fleet.Ask<VmList>(new ListVms(), Answer, cancel)).Vms;

    public async Task<IReadOnlyList<HostStatus>> ListHostsAsync(CancellationToken cancel) =>
        (await actors.Fleet.Ask<HostsListed>(new ListHosts(), Answer, cancel)).Hosts;

    public void ForgetHost(string host) => actors.Fleet.Tell(new HostForgotten(host));

    public void DrainHost(bool on)
    {
        try
        {
            drain.Set(on);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(e.Message, "Make room in the node's data directory, or let its user write there", e);
        }
        actors.Fleet.Tell(new DrainChanged());
    }

    public async Task<CallReply> CallAsync(
        VmId vm, AgentRequest request, CallOptions options, CancellationToken cancel)
    {
        var call = Guid.NewGuid();
        // Asked before: a caller may hang up, and its command is executed all the same.
        var user = SetByHand.UserOf(request.Command, request.Arguments);
        try
        {
            var asked = CallAgent.Of(vm, request, options) with { Call = call };
            var reply = await AskVmAsync(asked, request.Command, LongestCall, cancel);
            if (user is not null) reply = reply with { Warning = await NoteAsync(vm, user, reply) };
            // Also where the VM's actor never saw it.
            request.Holder?.Dispose();
            return reply;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            actors.Vms.Tell(new HangUp(vm, call));
            if (user is not null)
                await NoteAsync(
                    vm,
                    user,
                    new CallReply.Unknown("its caller hung up", "See in the guest whether it was executed")
                );
            throw;
        }
    }

    private async Task<string?> NoteAsync(VmId vm, string user, CallReply reply)
    {
        var found = await actors.Fleet.Ask<VmUuid>(new FindUuid(vm), Answer);
        return await byHand.NoteAsync(AccountId.KeyOf(found.Uuid, vm.Host, vm.Name), user, reply);
    }

    public Task<CallReply> WakeAsync(VmId vm, CancellationToken cancel) =>
        AskVmAsync(new WakeVm(vm), "the wake-up", LongestWake, cancel);

    private async Task<CallReply> AskVmAsync(object question, string what, TimeSpan longest, CancellationToken cancel)
    {
        try
        {
            return await actors.Fleet.Ask<CallReply>(question, longest, cancel);
        }
        catch (AskTimeoutException)
        {
            return new CallReply.Unknown(
                "the VM's channel was lost", $"{what} may have been executed: check in the guest before you repeat it");
        }
    }

    public async Task<RunView> StartRunAsync(
        string id, string kind, string select, RunOptions options, RunPlan plan, string by, CancellationToken cancel)
    {
        return await StartAsync(
            new StartRun(id, kind, select, options, plan.Targets) { Notes = plan.Notes, StartedBy = by }, cancel);
    }

    private async Task<RunView> StartAsync(StartRun order, CancellationToken cancel)
    {
        order = order with { Options = await Kind(order.Kind).FixAsync(stores, order.Options) };
        // On disk before the run is: it may begin at once, and go on after a crash.
        var (journalled, secret) = Kind(order.Kind).Part(order.Options);
        if (secret is not null) secrets.Keep(order.Run, secret);
        order = order with { Options = journalled };
        return (RunView)await AskRunAsync(order, cancel);
    }

    /// <exception cref="StoreException">The run does not answer, since its journal does not.</exception>
    /// <exception cref="NoClusterException">This node is no member, so it reaches no run.</exception>
    private async Task<object> AskRunAsync(IRunMessage question, CancellationToken cancel)
    {
        if (!state.IsUp) throw new NoClusterException(state.WaitsFor);
        var answer = actors.Runs.Ask<object>(question, Answer, cancel);
        if (await Task.WhenAny(answer, Task.Delay(Soon, time, cancel)) != answer) await _views.PingAsync();
        return await answer;
    }

    private RunKind Kind(string name) =>
        kinds.Find(name) ?? throw new ArgumentException($"there are no runs of kind {name}", nameof(name));

    public async Task<RunView?> SteerRunAsync(string id, RunSteering steering, string by, CancellationToken cancel) =>
        await _views.GetRunAsync(id) is null
            ? null
            : await AskRunAsync(new SteerRun(id, steering) { By = by }, cancel) as RunView;

    public async Task<RunView?> RetryRunAsync(string id, string newId, string by, CancellationToken cancel) =>
        await _views.GetRunAsync(id) is null
        || await AskRunAsync(new DescribeRetry(id, newId), cancel) is not StartRun retry
            ? null
            : await StartAsync(retry with { StartedBy = by }, cancel);

    public async Task<string> FindRunHostAsync(string id, CancellationToken cancel) =>
        ((RunLocated)await AskRunAsync(new LocateRun(id), cancel)).Host;

    public async Task<RunView?> GetRunAsync(string id, CancellationToken cancel)
    {
        // Asking for a run that never was would start an actor for it.
        if (await _views.GetRunAsync(id) is not { } known) return null;
        if (known.EndedAt is not null) return new RunView(known, await _views.ListItemsAsync(id, 0, int.MaxValue), []);
        return await AskRunAsync(new WatchRun(id), cancel) as RunView;
    }

    public async IAsyncEnumerable<RunView> WatchRunAsync(string id, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (await GetRunAsync(id, cancel) is not { } first) yield break;
        if (first.Summary.EndedAt is not null)
        {
            yield return first;
            yield break;
        }
        var views = System.Threading.Channels.Channel.CreateBounded<RunView>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        var watcher = actors.System.ActorOf(ActorProps.Of(() => new Watcher(actors.Runs, id, views.Writer)));
        try
        {
            await foreach (var view in views.Reader.ReadAllAsync(cancel)) yield return view;
        }
        finally
        {
            actors.System.Stop(watcher);
        }
    }

    /// <summary>A run's watcher on behalf of one reader: only the newest view waits for a slow one.</summary>
    private sealed class Watcher : ReceiveActor, IWithTimers
    {
        private sealed record Again : INoSerializationVerificationNeeded;

        /// <summary>A run's actor that was restarted has forgotten who watches it.</summary>
        private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(5);

        public Watcher(IActorRef runs, string run, ChannelWriter<RunView> views)
        {
            Receive<RunView>(view =>
            {
                views.TryWrite(view);
                if (view.Summary.EndedAt is not null) views.TryComplete();
            });
            Receive<NoSuchRun>(_ => views.TryComplete());
            Receive<Again>(_ => runs.Tell(new WatchRun(run)));
            runs.Tell(new WatchRun(run));
            Timers!.StartPeriodicTimer("again", new Again(), AskAgain);
        }

        public ITimerScheduler Timers { get; set; } = null!;
    }
}
