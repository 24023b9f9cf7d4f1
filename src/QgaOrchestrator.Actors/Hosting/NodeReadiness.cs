using QgaOrchestrator.Actors.Stores;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>Whether the node can work: member of its cluster, store answering, the VMs that were there known.</summary>
public sealed class NodeReadiness(
    NodeState state, IJournal journal, IViews views, StoreOpening opening, INodeActors actors, TimeProvider time,
    CertificateEnds certificates)
{
    public const string Ok = "ok";

    /// <summary>Discovery has not ended its first look.</summary>
    public const string Looking = "looking for VMs";

    /// <summary>It was opened, and the node goes on without it.</summary>
    private const string Away = "the store is away: ";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Part → "ok", or what it waits for.</summary>
    public async Task<IReadOnlyDictionary<string, string>> CheckAsync(CancellationToken cancel)
    {
        var checks = await PartsAsync(cancel);
        foreach (var (name, check) in certificates.Checks(time.GetUtcNow())) checks[name] = check;
        return checks;
    }

    /// <summary>Whether a part works; it may need something soon, all the same.</summary>
    public static bool IsOk(string check) => check == Ok || check.StartsWith(Ok + ", ", StringComparison.Ordinal);

    private async Task<Dictionary<string, string>> PartsAsync(CancellationToken cancel) => new()
    {
        ["cluster"] = state.IsUp ? Ok : $"this node {state.WaitsFor ?? "is not a member of its cluster"}",
        ["store"] = await StoreAsync(cancel),
        ["discovery"] = Discovery(),
    };

    /// <summary>A source whose VMs are not seen is a fault; one whose directory is not there yet is none.</summary>
    private string Discovery()
    {
        if (!actors.Discovered.IsCompletedSuccessfully) return Looking;
        var blind = actors.Faults.Where(fault => fault.Blinds).ToList();
        return blind.Count == 0 ? Ok : string.Join(" ", blind);
    }

    /// <summary>Nothing is wrong that time alone would not mend.</summary>
    public static bool IsStarting(IReadOnlyDictionary<string, string> checks) => checks["discovery"] is Ok or Looking;

    /// <summary>Nothing is wrong but that the store is away: guests are thawed, VMs are listed and called.</summary>
    public static bool IsDegraded(IReadOnlyDictionary<string, string> checks) => checks.All(check => IsOk(check.Value)
        || (check.Key == "store" && check.Value.StartsWith(Away, StringComparison.Ordinal)));

    private async Task<string> StoreAsync(CancellationToken cancel)
    {
        try
        {
            await views.PingAsync().WaitAsync(Patience, cancel);
            if (!await journal.IsReadyAsync().WaitAsync(Patience, cancel)) return "the journal is being made";
            return opening.IsDone ? Ok : "the views are being opened";
        }
        catch (StoreException e) when (e.IsAway)
        {
            return opening.IsDone ? Away + e.Message : "waiting for the store: " + e.Message;
        }
        catch (Exception e) when (e is TimeoutException or StoreException)
        {
            return "the store does not answer: " + e.Message;
        }
    }
}
