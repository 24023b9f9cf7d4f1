using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// One guest's open window. Its parent, the <see cref="VmActor"/>, has reserved the channel and lends it the agent; from then
/// on nobody else speaks to the guest until this actor reports that the window is settled. It holds no rules: it performs what
/// <see cref="WindowRules"/> asks for, by <see cref="WindowCalls"/> where the guest is asked, and reports what became of it.
/// </summary>
internal sealed class WindowActor : ReceiveActor
{
    /// <summary>QEMU's process has ended, and the guest with it.</summary>
    public sealed record QemuEnded : INoSerializationVerificationNeeded;

    /// <summary>Answered by <see cref="CallReply"/>: frozen, or that nothing is certain while the window is open.</summary>
    public sealed record TellStatus : INoSerializationVerificationNeeded;

    private sealed record Next(WindowInput Input) : INoSerializationVerificationNeeded;

    /// <summary>The freeze's own time-out is the rule; the host's timer guards it, should it fail.</summary>
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(1);

    private readonly OpenWindow _order;
    private readonly LedgerEntry _entry;
    private readonly bool _adopted;
    private readonly WindowCalls _guest;
    private readonly IActorRef _host;
    private readonly IActorRef _owner;
    private readonly TimeProvider _time;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private WindowState _state;

    /// <param name="order">What to do; its entry names the freeze in the ledger.</param>
    /// <param name="entry">The freeze's entry in the ledger.</param>
    /// <param name="adopt">The entry was left open by an earlier process: thaw before anything else.</param>
    /// <param name="agent">The guest's agent, ours alone until the window is closed.</param>
    /// <param name="host">The <see cref="HostActor"/>, which keeps ledger and limits.</param>
    /// <param name="owner">The actor that ordered the window; it is told what becomes of it, as the parent is.</param>
    /// <param name="time">Clock.</param>
    public WindowActor(
        OpenWindow order, LedgerEntry entry, bool adopt, IAgent agent, IActorRef host, IActorRef owner, TimeProvider time)
    {
        (_order, _entry, _adopted, _host, _owner, _time) = (order, entry, adopt, host, owner, time);
        var self = Self;
        _guest = new WindowCalls(agent, time, adopt && entry.Phase == LedgerPhase.Opening, reason =>
            self.Tell(new Next(new WindowInput.FreezeLost($"the guest's channel was lost during the window: {reason}"))));

        Receive<Next>(m => Handle(m.Input));
        Receive<EntryOpened>(_ => Handle(new WindowInput.LedgerWritten()));
        Receive<EntryRefused>(m => Handle(new WindowInput.LedgerRefused(m.Reason, m.Remedy)));
        Receive<LimitReached>(m =>
        {
            Sender.Tell(new LimitSeen(order.Order.Id));
            Pass(m.Limit);
        });
        Receive<WindowInput>(Handle);
        Receive<ThawWindow>(m => Handle(new WindowInput.ThawNow(m.Reason)));
        Receive<TellStatus>(_ => AnswerStatus());
        Receive<QemuEnded>(_ => Handle(new WindowInput.QemuGone()));

        (_state, var effects) = adopt
            ? WindowRules.Adopt(order.Order, LedgerFacts.Record(entry.Facts), time.Moment())
            : WindowRules.Open(order.Order);
        Perform(effects);
    }

    protected override void PostStop() => _guest.LetGo();

    private void Handle(WindowInput input)
    {
        (_state, var effects) = WindowRules.Step(_state, input, _time.Moment());
        Perform(effects);
    }

    /// <summary>A freeze that the link has not given up in time is given up here; the thaw's first round drops the
    /// link.</summary>
    private void Pass(WindowLimit limit)
    {
        if (limit == WindowLimit.FreezeTimeout && _state is WindowState.Freezing)
            Handle(
                new WindowInput.FreezeLost(
                    $"the guest has not answered its freeze within {_order.Order.FreezeTimeout.TotalSeconds:0.###} s"
                )
            );
        else
            Handle(new WindowInput.LimitPassed(limit));
    }

    private void AnswerStatus() => Sender.Tell(CallRules.Status(_state));

    private void Perform(IReadOnlyList<WindowEffect> effects)
    {
        foreach (var effect in effects)
            Perform(effect);
    }

    private void Perform(WindowEffect effect)
    {
        switch (effect)
        {
            case WindowEffect.OpenLedger:
                _host.Tell(new OpenEntry(_entry));
                break;
            case WindowEffect.MoveLedger:
                _host.Tell(new MoveEntry(_adopted ? LedgerFacts.Adopted(_entry, _state) : LedgerFacts.Apply(_entry, _state)));
                break;
            case WindowEffect.Look:
                PipeInput(_guest.LookAsync());
                break;
            case WindowEffect.Freeze:
                _host.Tell(new FreezeSent(_order.Order.Id, _state.Record.FreezeSent!.Value + _order.Order.ThawDue));
                PipeInput(_guest.FreezeAsync(_order.Freeze, _order.Order.FreezeTimeout));
                break;
            case WindowEffect.Resync e:
                PipeInput(_guest.ResyncAsync(e.Budget));
                _host.Tell(new ThawBegun(_order.Order.Id));
                break;
            case WindowEffect.Cut e:
                PipeInput(CutAsync(_order.Cut!, e.Budget));
                break;
            case WindowEffect.Thaw e:
                PipeInput(_guest.ThawAsync(e.Round));
                _host.Tell(new ThawBegun(_order.Order.Id));
                break;
            case WindowEffect.Arm e:
                var after = e.At - _time.Moment();
                _host.Tell(
                    new ArmLimit(
                        _order.Order.Id,
                        e.Limit,
                        e.Limit == WindowLimit.FreezeTimeout || _state is WindowState.Overdue ? after + Guard : after
                    )
                );
                break;
            case WindowEffect.Report { Progress: WindowProgress.Freezing }:
                Context.Parent.Tell(new WindowFreezing(_order.Order.Id, _state.Record.FreezeSent!.Value.Utc));
                break;
            case WindowEffect.Report e:
                Tell(e.Progress switch
                {
                    WindowProgress.Frozen =>
                        new WindowFrozen(_order.Order.Id, _state.Record.FrozenAt!.Value.Utc, _state.Record.Frozen ?? 0),
                    var progress => new WindowMoved(_order.Order.Id, progress),
                });
                break;
            case WindowEffect.GiveUpWaiting e:
                _log.Error(
                    "{0}: the guest may still be frozen and does not reply to its thaw: {1}. The node keeps thawing it.",
                    _entry.Vm,
                    e.Reason
                );
                Tell(new WindowUnsettled(_order.Order.Id, e.Reason));
                break;
            case WindowEffect.Close:
                if (_state.Record is { Frozen: { } frozen, Thawed: { } thawed } && thawed > frozen)
                    _log.Warning(
                        "{0}: {1} file systems froze and {2} were thawed: another program's freeze was undone, too",
                        _entry.Vm,
                        frozen,
                        thawed
                    );
                Tell(new WindowClosed(_order.Order.Id, _state.Record));
                break;
        }
    }

    private void Tell(object message)
    {
        _owner.Tell(message, Self);
        Context.Parent.Tell(message, Self);
    }

    private void PipeInput(Task<WindowInput> input) =>
        input.PipeTo(Self, success: i => new Next(i), failure: e => new Next(Failed(e)));

    /// <summary>An exception in here is a fault of ours; the guest is thawed all the same.</summary>
    private WindowInput Failed(Exception fault) => _state switch
    {
        WindowState.Thawing => new WindowInput.NotSettled(fault.Message),
        WindowState.Overdue => new WindowInput.Resynced(false, null),
        WindowState.Freezing or WindowState.Looking => new WindowInput.FreezeLost(fault.Message),
        _ => new WindowInput.CutFailed(fault.Message),
    };

    private static async Task<WindowInput> CutAsync(Func<TimeSpan, Task<CutOutcome>> cut, TimeSpan budget) =>
        await cut(budget) switch
        {
            CutOutcome.Done => new WindowInput.CutDone(),
            CutOutcome.Refused r => new WindowInput.CutFailed(r.Reason),
            CutOutcome.Unknown u => new WindowInput.CutFailed(u.Reason),
            var other => throw new InvalidOperationException($"unexpected outcome {other}"),
        };
}
