using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Hosts.Kinds;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>
/// Thaws what this machine's ledgers name by the one path that node and watchdog use too, under the agent's lock. Where
/// somebody holds that, a node or a watchdog is at it: then the node is asked.
/// </summary>
/// <param name="node">A client of the node, null where none is found.</param>
internal sealed class OfflineThaw(CliHost host, Func<QgaClient?> node)
{
    /// <summary>Rounds of up to a few seconds each; then a person should look at the guest.</summary>
    internal const int Rounds = 5;

    /// <summary>How to reach an entry's agent.</summary>
    internal Func<LedgerEntry, IAgent> Connect { get; init; } =
        entry => HostKinds.Agent(entry.Address, host.Time, new Random(Guid.NewGuid().GetHashCode()));

    public async Task<ThawReports> RunAsync(IReadOnlyList<string> directories, string? vm, CancellationToken cancel)
    {
        var name = vm?[(vm.LastIndexOf('/') + 1)..];
        var open = new List<(FreezeLedger Ledger, LedgerEntry Entry)>();
        var reports = new List<ThawReport>();
        foreach (var ledger in directories.Select(FreezeLedger.At))
        {
            var contents = ReadAll(ledger);
            open.AddRange(contents.Open.Where(entry => name is null || entry.Vm == name).Select(entry => (ledger, entry)));
            reports.AddRange(
                contents.Damaged.Select(damaged => new ThawReport(
                    Path.GetFileName(damaged.Path),
                    false,
                    null,
                    $"its ledger file is damaged; the guest may be frozen: {damaged.Reason}"
                ))
            );
        }
        reports.AddRange(await Task.WhenAll(open.Select(one => ThawAsync(one.Ledger, one.Entry, cancel))).ConfigureAwait(false));
        return new ThawReports(directories, reports);
    }

    private static LedgerContents ReadAll(FreezeLedger ledger)
    {
        try
        {
            return ledger.ReadAll();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CommandFailedException(
                $"The ledger {ledger.Directory} cannot be read: {e.Message}", "Run as the node's user, or as root.");
        }
    }

    private async Task<ThawReport> ThawAsync(FreezeLedger ledger, LedgerEntry entry, CancellationToken cancel)
    {
        if (EntryProcess.StateOf(entry) == ProcessState.Gone)
            return new ThawReport(entry.Vm, true, null, "its QEMU process has ended, so it is not frozen on this host");
        using var held = AgentLock.TryAcquire(ledger, entry.Vm);
        if (held is null)
            return await ThroughNodeAsync(entry, cancel).ConfigureAwait(false);
        // Read under the lock: he who had it may have thawed meanwhile, or opened another window.
        if (ledger.Read(entry.Vm) is not { } now || now.Window != entry.Window || now.Phase == LedgerPhase.Thawed)
            return new ThawReport(entry.Vm, true, null, "somebody else has just thawed it");

        await using var agent = Connect(entry);
        var settlement = new Settlement(host.Time, entry.Phase == LedgerPhase.Opening);
        var told = false;
        for (var round = 1; ; round++)
        {
            var outcome = await settlement.RoundAsync(agent).ConfigureAwait(false);
            if (outcome is ThawOutcome.Settled settled)
            {
                ledger.Update(entry.Vm, entry.Window, found => settled.MergeInto(found, "qgactl", User()));
                return new ThawReport(
                    entry.Vm, true, settled.Thawed, settled.Error is null ? null : $"thaw said: {settled.Error}");
            }
            var failed = (ThawOutcome.NotSettled)outcome;
            if (failed.MayFreezeYet)
            {
                if (!told) await host.Error.WriteLineAsync($"{entry.Vm}: {failed.Reason}").ConfigureAwait(false);
                (told, round) = (true, 0);
            }
            if (round == Rounds)
                return new ThawReport(
                    entry.Vm, false, null, $"{failed.Reason} (window {entry.Window} of run {entry.Run}; tried {Rounds} times)");
            await Task.Delay(Settlement.Pause, host.Time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Who is at this machine, for the audit log; who came by sudo is himself.</summary>
    private string User() => host.Environment("SUDO_USER") is { Length: > 0 } asked ? asked : Environment.UserName;

    private async Task<ThawReport> ThroughNodeAsync(LedgerEntry entry, CancellationToken cancel)
    {
        const string Held = "its agent is held by a running node or watchdog";
        using var client = node();
        if (client is null)
            return new ThawReport(entry.Vm, false, null, $"{Held}, and no node's address is known: give --config FILE");
        try
        {
            return await NodeThaw.OneAsync(client, entry.Vm, force: false, cancel)
                .ConfigureAwait(false) with
            { Reason = "through the node" };
        }
        catch (Exception e) when (e is ApiException or NodeUnreachableException)
        {
            return new ThawReport(entry.Vm, false, null, $"{Held}: {e.Message}");
        }
    }
}
