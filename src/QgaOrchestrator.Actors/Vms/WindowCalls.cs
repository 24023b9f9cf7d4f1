using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>What a window asks of its guest's agent. Each reply is an input of <see cref="WindowRules"/>.</summary>
internal sealed class WindowCalls
{
    private readonly IAgent _agent;
    private readonly TimeProvider _time;
    private readonly Action<string> _linkLost;

    private Settlement? _settlement;
    private bool _freezeUnseen;

    /// <param name="freezeUnseen">An earlier process may have sent the freeze, and has not seen its reply.</param>
    /// <param name="linkLost">Is told the reason when the agent's link is lost.</param>
    public WindowCalls(IAgent agent, TimeProvider time, bool freezeUnseen, Action<string> linkLost)
    {
        (_agent, _time, _freezeUnseen, _linkLost) = (agent, time, freezeUnseen, linkLost);
        agent.Closed += linkLost;
    }

    /// <summary>The window is over: the agent is somebody else's.</summary>
    public void LetGo() => _agent.Closed -= _linkLost;

    /// <summary>The last look before the guest is frozen: a foreign freeze must not be undone by ours.</summary>
    public async Task<WindowInput> LookAsync() =>
        await _agent.CallAsync(GuestFsfreezeStatus.Request, Settlement.SyncTimeout) switch
        {
            AgentOutcome.Returned status when !status.Json.TryRead(GuestFsfreezeStatus.Read, out _, out var odd) =>
                new WindowInput.FreezeRefused($"whether the guest is frozen is not known: {odd}", NotExecuted: true),
            AgentOutcome.Returned status when GuestFsfreezeStatus.SaysFrozen(status.Json) =>
                new WindowInput.FreezeRefused("the guest is frozen by somebody else", NotExecuted: true),
            AgentOutcome.Unknown or AgentOutcome.NotSent =>
                new WindowInput.FreezeRefused("the guest did not answer the last check before its freeze", NotExecuted: true),
            _ => new WindowInput.LooksThawed(),
        };

    public async Task<WindowInput> FreezeAsync(AgentRequest freeze, TimeSpan timeout)
    {
        var outcome = await _agent.CallAsync(freeze with { KeepLinkWhenOverdue = true }, timeout);
        _freezeUnseen = outcome is AgentOutcome.Unknown && !_agent.IsOpen;
        return outcome switch
        {
            AgentOutcome.Returned r => r.Json.TryRead(GuestFsfreezeFreeze.Read, out var count, out var odd)
                ? new WindowInput.FreezeReturned(count)
                : new WindowInput.FreezeLost($"how many file systems froze is not known: {odd}", CommandCheck.AgentRemedy),
            AgentOutcome.Refused r =>
                new WindowInput.FreezeRefused($"the guest refused to freeze: {r.Error.Description}", r.Error.IsCommandNotFound),
            AgentOutcome.NotSent n => new WindowInput.FreezeRefused(n.Reason, NotExecuted: true),
            AgentOutcome.Unknown when _agent.IsOpen => new WindowInput.LimitPassed(WindowLimit.FreezeTimeout),
            AgentOutcome.Unknown u => new WindowInput.FreezeLost($"the reply to the freeze was lost: {u.Reason}"),
            _ => throw new InvalidOperationException($"unexpected outcome {outcome}"),
        };
    }

    public async Task<WindowInput> ResyncAsync(TimeSpan budget)
    {
        var resync = await _agent.ResyncAsync(budget);
        _freezeUnseen = !resync.InSync;
        return new WindowInput.Resynced(
            resync.InSync,
            resync.Late is AgentOutcome.Returned r && r.Json.TryRead(GuestFsfreezeFreeze.Read, out var count, out _)
                ? count
                : null
        );
    }

    /// <summary>Where every thaw of this node is sent: <see cref="Settlement"/>, which watchdog and qgactl use too.</summary>
    public async Task<WindowInput> ThawAsync(int round)
    {
        if (round > 1) await Task.Delay(Settlement.Pause, _time);
        _settlement ??= new Settlement(_time, _freezeUnseen);
        var outcome = round == 0 ? await _settlement.ThawAsync(_agent) : await _settlement.RoundAsync(_agent);
        while (outcome is ThawOutcome.NotSettled { MayFreezeYet: true })
        {
            await Task.Delay(Settlement.Pause, _time);
            outcome = await _settlement.RoundAsync(_agent);
        }
        switch (outcome)
        {
            case ThawOutcome.Settled s:
                return new WindowInput.Settled(s.Thawed, s.Error, _time.Moment(s.ThawedTimestamp, s.At));
            case ThawOutcome.NotSettled n:
                return new WindowInput.NotSettled(n.Reason, n.NotOffered);
            default:
                throw new InvalidOperationException($"unexpected outcome {outcome}");
        }
    }
}
