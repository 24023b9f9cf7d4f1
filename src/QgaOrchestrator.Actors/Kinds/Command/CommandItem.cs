using System.Text.Json;
using Akka.Actor;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds;
using QgaOrchestrator.Core.Kinds.Command;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Kinds.Command;

/// <summary>One agent command on one VM: a call like any other, so the same rules hold; its return is kept in the
/// spool.</summary>
internal sealed class CommandItem(StartItem order, VmServices services, IActorRef vm) : ItemWork(
    order, services, CommandKind.Call.Name)
{
    private readonly CommandOptions _options = CommandOptions.Of(order.Options) ?? throw new ArgumentException(
        "the run's options hold no command", nameof(order));

    protected override async Task<ItemOutcome> RunAsync(CancellationToken aborted, CancellationToken stopped)
    {
        // Of a command that may be repeated nothing is kept before its end, and an order that is an item's first finds nothing.
        var found = MayRepeat && Order is { Attempt: 1, Resume: false } ? null : Services.Results.Read(Order.Run, Order.Item);
        switch (CallRecovery.Next(found?.ToKeptCall(), Order.Attempt, Order.Resume, MayRepeat))
        {
            case CallStep.Report:
                return (found! with { Attempt = Order.Attempt }).ToOutcome();
            case CallStep.Unknown:
                return Keep(
                    found! with { Attempt = Order.Attempt },
                    Outcome(
                        ItemState.Unknown,
                        $"qgad ended while {_options.Command} was under way: it may have been executed",
                        "Look in the guest before you repeat it"
                    )
                );
            case CallStep.Interrupted:
                return Interrupted();
        }
        if (aborted.IsCancellationRequested) return Outcome(ItemState.Cancelled, ItemOutcome.RunAborted);

        var asked = new ItemResult(Order.Item, Order.Attempt, Order.Vm.Name, Order.Vm.Host, Services.Time.GetUtcNow());
        if (!MayRepeat) Services.Results.Write(Order.Run, asked);
        var reply = await ItemCalls.AskAsync(vm, Order.Vm, _options.Command, Arguments());
        // Its successor asks again, or tells that nobody knows.
        if (reply is CallReply.Unknown) stopped.ThrowIfCancellationRequested();
        var outcome = ItemCalls.Outcome(reply, MayRepeat, Outcome);
        return reply is CallReply.Returned returned
            ? Keep(asked, Shortfall(returned.Json) ?? outcome, new StreamBytes("return", returned.Json))
            : Keep(asked, outcome);
    }

    /// <summary>What an agent that answered without an error tells of that it did not do; null: it did all.</summary>
    private ItemOutcome? Shortfall(ReadOnlyMemory<byte> json) =>
        json.TryRead(Undone, out var left, out var odd)
            ? left is null
                ? null
                : Outcome(ItemState.Failed, left, "See what each came to: qgactl run results, with --vm")
            : Outcome(
                ItemState.Unknown,
                $"it was executed, and its result is not known: {odd}",
                $"Look in the guest. {CommandCheck.AgentRemedy}"
            );

    private string? Undone(ReadOnlyMemory<byte> json)
    {
        switch (_options.Command)
        {
            case GuestFstrim.Name:
                var untrimmed = GuestFstrim.Read(json).Paths?.Where(path => path.Error is not null).ToList() ?? [];
                return untrimmed.Count == 0
                    ? null
                    : $"{untrimmed.Count} of its file systems not trimmed: {untrimmed[0].Path}: {untrimmed[0].Error}";
            case GuestSetVcpus.Name:
                var (set, wanted) = (GuestSetVcpus.Read(json), _options.Arguments?.GetProperty("vcpus").GetArrayLength() ?? 0);
                return set >= wanted ? null : $"{set} of {wanted} processors set: the next one cannot be changed";
            case GuestSetMemoryBlocks.Name:
                var unset = GuestSetMemoryBlocks
                    .Read(json)
                    .Where(block => block.Response != MemoryBlockResponse.Success)
                    .ToList();
                return unset.Count == 0
                    ? null
                    : $"{unset.Count} memory blocks not set: block {unset[0].PhysIndex}: "
                        + $"{unset[0].Response}{(unset[0].ErrorCode is { } errno ? $" (errno {errno})" : "")}";
            default:
                return null;
        }
    }

    private bool MayRepeat => AgentCommands.Find(_options.Command)?.Retry is RetryClass.Safe or RetryClass.Idempotent;

    private byte[] Arguments() => _options.Arguments is { } given ? JsonSerializer.SerializeToUtf8Bytes(given) : [];
}
