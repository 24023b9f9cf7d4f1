using QgaOrchestrator.Actors.Views;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>Whether the node can work: member of its cluster, store answering, the VMs that were there known.</summary>
public sealed class NodeReadiness(NodeState state, IViews views, INodeActors actors)
{
    public const string Ok = "ok";

    /// <summary>Part → "ok", or what it waits for.</summary>
    public async Task<IReadOnlyDictionary<string, string>> CheckAsync(CancellationToken cancel) => new Dictionary<string, string>
    {
        ["cluster"] = state.IsUp ? Ok : "this node is not a member of its cluster",
        ["store"] = await StoreAsync(cancel),
        ["discovery"] = actors.Discovered.IsCompletedSuccessfully ? Ok : "looking for VMs",
    };

    private async Task<string> StoreAsync(CancellationToken cancel)
    {
        try
        {
            await views.PingAsync().WaitAsync(TimeSpan.FromSeconds(2), cancel);
            return Ok;
        }
        catch (Exception e) when (e is TimeoutException or System.Data.Common.DbException)
        {
            return "the store does not answer: " + e.Message;
        }
    }
}
