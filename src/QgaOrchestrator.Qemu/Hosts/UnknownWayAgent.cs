using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Qemu.Hosts;

/// <summary>The agent of a VM that is reached in a way which this version does not know: it never answers, and says why, so
/// that its guest is told as frozen until somebody else has thawed it.</summary>
internal sealed class UnknownWayAgent(string kind) : IAgent
{
    private readonly string _reason =
        $"this version knows no way through \"{kind}\": let the version that froze the guest thaw it, or thaw it by hand";

    public bool IsOpen => false;

    public event Action<string>? Closed
    {
        add { }
        remove { }
    }

    public Task<OpenOutcome> OpenAsync(TimeSpan timeout) => Task.FromResult<OpenOutcome>(new OpenOutcome.NoAnswer(_reason));

    public Task<AgentOutcome> CallAsync(AgentRequest request, TimeSpan timeout) =>
        Task.FromResult<AgentOutcome>(new AgentOutcome.NotSent(_reason));

    public Task<ConfirmOutcome> ConfirmAsync(TimeSpan timeout) => Task.FromResult(new ConfirmOutcome(false, _reason));

    public Task<ResyncOutcome> ResyncAsync(TimeSpan timeout) => Task.FromResult(new ResyncOutcome(false, null, _reason));

    public void Close() { }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
