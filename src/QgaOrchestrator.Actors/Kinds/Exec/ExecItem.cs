using System.Text;
using Akka.Actor;
using QgaOrchestrator.Actors.Guests;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds;
using QgaOrchestrator.Core.Kinds.Exec;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Kinds.Exec;

/// <summary>
/// One process on one VM: started once, asked until it has ended, its result kept at once, since the agent forgets it. The
/// spool's file is written before it is started and again with its pid, so that a crash's successor never starts it twice.
/// </summary>
internal sealed class ExecItem(StartItem order, VmServices services, IActorRef vm) : ItemWork(
    order, services, ExecKind.Start.Name)
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(20), LongestPause = TimeSpan.FromSeconds(1);

    private readonly ExecOptions _options = ExecOptions.Of(order.Options) ?? throw new ArgumentException(
        "the run's options hold no process", nameof(order));

    protected override async Task<ItemOutcome> RunAsync(CancellationToken aborted, CancellationToken stopped)
    {
        var found = Services.Results.Read(Order.Run, Order.Item);
        return CallRecovery.Next(found?.ToKeptCall(), Order.Attempt, Order.Resume, mayRepeat: false) switch
        {
            CallStep.Report => (found! with { Attempt = Order.Attempt }).ToOutcome(),
            CallStep.Follow => await FollowAsync(found! with { Attempt = Order.Attempt }, aborted, stopped),
            CallStep.Unknown => Keep(
                found! with { Attempt = Order.Attempt },
                Outcome(
                    ItemState.Unknown,
                    "qgad ended while the process was being started: it may run",
                    "Look in the guest before you start it again"
                )
            ),
            CallStep.Interrupted => Interrupted(),
            _ when aborted.IsCancellationRequested => Outcome(ItemState.Cancelled, ItemOutcome.RunAborted),
            _ => await StartAsync(aborted, stopped),
        };
    }

    private async Task<ItemOutcome> StartAsync(CancellationToken aborted, CancellationToken stopped)
    {
        var env = _options.Env ?? ExecSecrets.Of(Order.Secrets)?.Env;
        if (_options.EnvNames is { Count: > 0 } names && env is null)
        {
            return Outcome(
                ItemState.Failed,
                $"the values of its env ({string.Join(", ", names)}) are in no journal, and the file that held them is gone: "
                    + $"it was not started",
                "Start a new run with its env"
            );
        }
        var asked = Services.Results.Write(
            Order.Run, new ItemResult(Order.Item, Order.Attempt, Order.Vm.Name, Order.Vm.Host, Services.Time.GetUtcNow()));
        var process = new ExecRequest(_options.Path, _options.Args, env, CaptureOutput: _options.CaptureOutput);
        if (_options.CaptureOutput && await ExecSpool.IsNeededAsync(vm)
            && await StartSpooledAsync(asked, process, aborted, stopped) is { } ended)
            return ended;
        var request = GuestExec.Request(process);
        var reply = await ItemCalls.AskAsync(vm, Order.Vm, GuestExec.Name, request.Arguments);
        if (reply is not CallReply.Returned started) return Keep(asked, ItemCalls.Outcome(reply, mayRepeat: false, Outcome));
        if (!started.Json.TryRead(GuestExec.Read, out var known, out var odd))
            return Keep(
                asked,
                Outcome(
                    ItemState.Unknown,
                    $"the process may be running; its pid is not known: {odd}",
                    $"Look in the guest before you start it again. {CommandCheck.AgentRemedy}"
                )
            );
        return await FollowAsync(Services.Results.Write(Order.Run, asked with { Pid = known.Pid }), aborted, stopped);
    }

    /// <returns>Null: this guest has no place for the output, and the process was not started.</returns>
    private async Task<ItemOutcome?> StartSpooledAsync(
        ItemResult asked, ExecRequest process, CancellationToken aborted, CancellationToken stopped)
    {
        StreamedProcess started;
        try
        {
            started = await StreamedProcess.StartAsync(CallAsync, process, _options.Timeout, Services.Time, stopped);
        }
        catch (GuestFaultException unfit) when (unfit.Kind == GuestFaultKind.NotAllowed)
        {
            return null;
        }
        catch (GuestFaultException fault)
        {
            return Keep(asked, Outcome(
                fault.Kind == GuestFaultKind.Failed ? ItemState.Failed : ItemState.Unknown, fault.Message, fault.Remedy));
        }
        catch (GuestCallException silent)
        {
            return Keep(asked, ItemCalls.Outcome(silent.Reply, mayRepeat: false, Outcome));
        }
        var kept = Services.Results.Write(Order.Run, asked with { Pid = started.Pid, Folder = started.Folder });
        return await CollectAsync(kept, started, aborted, stopped);
    }

    private async Task<ItemOutcome> CollectAsync(
        ItemResult process, StreamedProcess started, CancellationToken aborted, CancellationToken stopped)
    {
        Move(ExecKind.Wait.Name);
        ItemOutcome outcome;
        try
        {
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopped);
            outcome = await ExecSpool.CollectAsync(started, ends.Token) switch
            {
                (_, { IsOverdue: true } overdue) => Keep(process, Outcome(ItemState.Failed, overdue.Reason, overdue.Remedy)),
                (_, { } lost) => Keep(process, Outcome(ItemState.Unknown, lost.Reason, lost.Remedy)),
                var (status, _) => Ended(process, status!),
            };
        }
        catch (OperationCanceledException)
        {
            // Whoever goes on with what is kept needs the files.
            stopped.ThrowIfCancellationRequested();
            outcome = KeepAborted(process);
        }
        catch (Exception e) when (e is GuestCallException or GuestFaultException)
        {
            return KeepUnread(process, e);
        }
        await started.DisposeAsync();
        return outcome;
    }

    private async Task<ItemOutcome> TakeUpAsync(ItemResult process, CancellationToken aborted, CancellationToken stopped)
    {
        StreamedProcess started;
        try
        {
            started = await StreamedProcess.TakeUpAsync(
                CallAsync, process.Folder!, process.Pid!.Value, _options.Timeout, Services.Time, stopped);
        }
        catch (Exception e) when (e is GuestCallException or GuestFaultException)
        {
            return KeepUnread(process, e);
        }
        return await CollectAsync(process, started, aborted, stopped);
    }

    private Task<CallReply> CallAsync(AgentRequest request) => ItemCalls.AskAsync(vm, Order.Vm, request);

    private ItemOutcome KeepUnread(ItemResult process, Exception why) => Keep(process, Outcome(
        ItemState.Unknown, $"it was started as pid {process.Pid}, and its output cannot be read: {why.Message}",
        $"Look in the guest whether it completed; its output is in {process.Folder}"));

    private ItemOutcome KeepAborted(ItemResult process) => Keep(
        process,
        Outcome(
            ItemState.Cancelled,
            $"{ItemOutcome.RunAborted}; the process keeps running in the guest as pid {process.Pid}"));

    /// <summary>Whoever cannot be asked now is asked again, until the time is over.</summary>
    private async Task<ItemOutcome> FollowAsync(ItemResult process, CancellationToken aborted, CancellationToken stopped)
    {
        if (process.Folder is not null) return await TakeUpAsync(process, aborted, stopped);
        Move(ExecKind.Wait.Name);
        var began = Services.Time.GetTimestamp();
        string? unheard = null;
        for (var pause = FirstLook; Services.Time.GetElapsedTime(began) < _options.Timeout; pause = Min(pause * 2, LongestPause))
        {
            stopped.ThrowIfCancellationRequested();
            if (aborted.IsCancellationRequested) return KeepAborted(process);
            await Task.Delay(pause, Services.Time, stopped);
            var reply = await ItemCalls.AskAsync(
                vm, Order.Vm, GuestExecStatus.Name, GuestExecStatus.Request(process.Pid!.Value).Arguments);
            switch (reply)
            {
                case CallReply.Returned returned:
                    if (returned.Json.TryRead(GuestExecStatus.Read, out var status, out unheard) && status.Exited)
                        return Ended(process, status);
                    break;
                case CallReply.AgentFailed failed:
                    return Keep(
                        process,
                        Outcome(
                            ItemState.Unknown,
                            $"the agent no longer knows pid {process.Pid} ({failed.Description}): it was restarted, or its "
                                + $"answer was lost{(unheard is null ? "" : $" ({unheard})")}",
                            "Check in the guest whether it completed"
                        )
                    );
                case CallReply.Refused refused:
                    unheard = refused.Reason;
                    break;
                case CallReply.Unknown unknown:
                    unheard = unknown.Reason;
                    break;
            }
        }
        stopped.ThrowIfCancellationRequested();
        return Keep(
            process,
            unheard is null
                ? Outcome(
                    ItemState.Failed,
                    $"it did not end within {_options.Timeout:c}, and keeps running in the guest as pid {process.Pid}",
                    $"End it with qgactl vm exec {Order.Vm.Name} -- kill {process.Pid}, or allow a longer timeout"
                )
                : Outcome(
                    ItemState.Unknown,
                    $"it was started as pid {process.Pid}, and then the agent was not heard: {unheard}",
                    "Check in the guest whether it completed"
                )
        );
    }

    private ItemOutcome Ended(ItemResult process, ExecStatus status)
    {
        var streams = new List<StreamBytes>();
        if (status.OutData is { } said) streams.Add(new("out", said, status.OutTruncated));
        if (status.ErrData is { } errors) streams.Add(new("err", errors, status.ErrTruncated));
        var judged = ExecKind.Judge(new ExecEnd(status.Exitcode, status.Signal), Words(status.ErrData));
        var outcome = Outcome(judged is null ? ItemState.Succeeded : ItemState.Failed, judged?.Reason, judged?.Remedy);
        return Keep(process with { ExitCode = status.Exitcode, Signal = status.Signal }, outcome, streams);
    }

    /// <summary>The last line of what it said.</summary>
    private static string? Words(byte[]? said)
    {
        var line = said is null ? null : Encoding.UTF8.GetString(said).TrimEnd().Split('\n')[^1].Trim();
        return line is null ? null : ForeignText.Message(line, ForeignText.ExcerptBytes);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
