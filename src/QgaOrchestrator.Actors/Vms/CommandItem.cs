using System.Text.Json;
using Akka.Actor;
using QgaOrchestrator.Actors.Results;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Kinds;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>One agent command on one VM: a call like any other, so the same rules hold; its return is kept in the spool.</summary>
internal sealed class CommandItem(StartItem order, VmServices services, IActorRef vm) : ItemWork(order, services, Command.Call.Name)
{
    private readonly CommandOptions _options = order.Options.Command ?? throw new ArgumentException("the run's options hold no command", nameof(order));

    protected override async Task<ItemOutcome> RunAsync(CancellationToken aborted, CancellationToken stopped)
    {
        if (Order.Options.DryRun) return await AgentOffers.CheckAsync(vm, Services, Order.Vm.Name, _options.Command, Outcome);
        var found = Services.Results.Read(Order.Run, Order.Item);
        switch (AskedOnce.Next(found?.ToBefore(), Order.Attempt, Order.Resume, MayRepeat))
        {
            case AskNext.Tell:
                return (found! with { Attempt = Order.Attempt }).ToOutcome();
            case AskNext.Unknown:
                return Keep(found! with { Attempt = Order.Attempt }, Outcome(
                    ItemState.Unknown, $"qgad ended while {_options.Command} was under way: it may have been executed", "Look in the guest before you repeat it"));
            case AskNext.Interrupted:
                return Interrupted();
        }
        if (aborted.IsCancellationRequested) return Outcome(ItemState.Cancelled, BackupItem.Aborted);

        var asked = Services.Results.Begin(Order.Run, new ItemResult(Order.Item, Order.Attempt, Order.Vm.Name, Order.Vm.Host, Services.Time.GetUtcNow()));
        var reply = await AgentCalls.AskAsync(vm, Order.Vm, _options.Command, Arguments());
        // Its successor asks again, or tells that nobody knows.
        if (reply is CallReply.Unknown) stopped.ThrowIfCancellationRequested();
        if (reply is CallReply.Returned returned)
            asked = asked with { Streams = new Dictionary<string, KeptStream> { ["return"] = Services.Results.Keep(Order.Run, Order.Item, "return", returned.Json.Span) } };
        return Keep(asked, AgentCalls.Outcome(reply, MayRepeat, Outcome));
    }

    private bool MayRepeat => AgentCommands.Find(_options.Command)?.Retry is RetryClass.Safe or RetryClass.Idempotent;

    private byte[] Arguments() => _options.Arguments is { } given ? JsonSerializer.SerializeToUtf8Bytes(given) : [];
}
