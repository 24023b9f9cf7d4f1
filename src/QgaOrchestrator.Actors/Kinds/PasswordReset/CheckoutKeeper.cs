using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Actors.Passwords;
using QgaOrchestrator.Actors.Runs;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Actors.Kinds.PasswordReset;

/// <summary>
/// Rotates each password of this host's VMs that was checked out, when its time is over. All that it needs is in the escrow, so a
/// restart loses nothing; the run is noted before it is started, and one that did not promote a new password is followed by
/// another.
/// </summary>
internal sealed partial class CheckoutKeeper(
    IEscrow escrow, IOrchestrator orchestrator, QgadOptions options, TimeProvider time, ILogger<CheckoutKeeper> log)
    : BackgroundService
{
    /// <summary>How late a check-out's end is seen at most. Each look is a read of the store that all nodes share.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>A rotation that failed is tried again after this long.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(5);

    private readonly PasswordResetRunKind _kind = new();
    private readonly PasswordRuns _runs = new(orchestrator);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(Every, time, stoppingToken);
            try
            {
                await RotateDueAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException and not OutOfMemoryException)
            {
                LogLate(e.Message);
            }
        }
    }

    private async Task RotateDueAsync(CancellationToken stop)
    {
        var due = (await escrow.CheckedOutAsync()).Where(account => account.Checkout!.Until <= time.GetUtcNow()).ToList();
        if (due.Count == 0) return;
        var vms = (await orchestrator.ListVmsAsync(stop)).Where(vm => vm.Agent == AgentState.Ready).ToLookup(PasswordRuns.KeyOf);
        foreach (var account in due)
            if (
                vms[account.Id.Vm].ToList() is [var vm]
                && vm.Id.Host == options.Node.Host
                && await IsToBeginAsync(account.Checkout!, stop)
            )
                await RotateAsync(account.Id, vm, stop);
    }

    /// <summary>None was started, or it came to nothing.</summary>
    private async Task<bool> IsToBeginAsync(AccountCheckout checkout, CancellationToken stop) =>
        checkout.Rotation is not { } run
        || await orchestrator.GetRunAsync(run, stop) is not { } known
        || known.Summary.EndedAt < time.GetUtcNow() - Again;

    private async Task RotateAsync(AccountId id, VmStatus vm, CancellationToken stop)
    {
        var run = RunIds.New(time.GetUtcNow());
        var noted = await escrow.ChangeAsync(id, account => account is { Checkout: { } checkout }
            ? account with { Checkout = checkout with { Rotation = run } }
            : account);
        if (noted?.Checkout?.Rotation != run) return;
        LogRotates(id.User, vm.Id, noted.Checkout.By);
        await _runs.StartAsync(_kind, run, [vm], new Dictionary<string, string> { ["user"] = id.User }, stop);
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "The time of {User} of {Vm}, checked out by {By}, is over: it is rotated"
    )]
    private partial void LogRotates(string user, VmId vm, string by);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Passwords whose check-out is over could not be rotated: {Reason}")]
    private partial void LogLate(string reason);
}
