using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Fleet;
using QgaOrchestrator.Actors.Passwords;
using QgaOrchestrator.Actors.Runs;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Actors.Kinds.PasswordCheck;

/// <summary>
/// Has the passwords of a VM checked when it comes back under a new QEMU process: it may have been restored. Which process an
/// account was last seen under is in the escrow, so a restart of the node checks nothing anew.
/// </summary>
internal sealed partial class RestartWatch(
    IEscrow escrow, IOrchestrator orchestrator, StartedVms started, TimeProvider time, ILogger<RestartWatch> log)
    : BackgroundService
{
    /// <summary>VMs that start together are checked by one run.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromSeconds(3);

    /// <summary>After a failure of a store.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);

    private readonly PasswordCheckRunKind _kind = new();
    private readonly PasswordRuns _runs = new(orchestrator);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var waiting = new Dictionary<string, VmStatus>();
        while (true)
        {
            if (waiting.Count == 0) await started.WaitAsync(stoppingToken);
            await Task.Delay(Gather, time, stoppingToken);
            foreach (var vm in started.Take()) waiting[vm.Id.Entity] = vm;
            try
            {
                await CheckAsync([.. waiting.Values], stoppingToken);
                waiting.Clear();
            }
            catch (Exception e) when (e is not OperationCanceledException and not OutOfMemoryException)
            {
                LogLate(e.Message);
                await Task.Delay(Again, time, stoppingToken);
            }
        }
    }

    private async Task CheckAsync(IReadOnlyList<VmStatus> vms, CancellationToken stop)
    {
        // When a node starts, all of its VMs have started; most fleets have no password here.
        if ((await escrow.ListAsync(null, 1)).Count == 0) return;
        var due = new List<VmStatus>();
        foreach (var vm in vms)
            if ((await escrow.OfVmAsync(PasswordRuns.KeyOf(vm))).Any(account => account.Latest > 0 && IsNew(account, vm)))
                due.Add(vm);
        if (due.Count > 0)
            await _runs.StartAsync(_kind, RunIds.New(time.GetUtcNow()), due, new Dictionary<string, string>(), stop);
    }

    private static bool IsNew(Account account, VmStatus vm) => vm.Process is { } process && account.Process != process;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Passwords of VMs that have started could not be checked: {Reason}")]
    private partial void LogLate(string reason);
}
