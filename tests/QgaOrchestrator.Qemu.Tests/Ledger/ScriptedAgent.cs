using System.Text;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Qemu.Tests.Ledger;

/// <summary>An agent that answers by a script, one outcome a call, and writes down what was asked of it.</summary>
internal sealed class ScriptedAgent(params AgentOutcome[] outcomes) : IAgent
{
    private readonly Queue<AgentOutcome> _outcomes = new(outcomes);

    public event Action<string>? Closed { add { } remove { } }

    public TimeSpan Lingering { get; init; }

    internal List<string> Asked { get; } = [];

    internal OpenOutcome Open { get; init; } = new OpenOutcome.Ready();

    public bool IsOpen { get; private set; }

    internal static AgentOutcome Returns(string json) => new AgentOutcome.Returned(Encoding.UTF8.GetBytes(json));

    internal static AgentOutcome Refuses(string description, string errorClass = "GenericError") =>
        new AgentOutcome.Refused(new AgentError(errorClass, description));

    public Task<OpenOutcome> OpenAsync(TimeSpan timeout)
    {
        Asked.Add("open");
        IsOpen = Open is OpenOutcome.Ready;
        return Task.FromResult(Open);
    }

    public Task<AgentOutcome> CallAsync(AgentRequest request, TimeSpan timeout)
    {
        Asked.Add(request.Command);
        return Task.FromResult(_outcomes.Dequeue());
    }

    public Task<ConfirmOutcome> ConfirmAsync(TimeSpan timeout) => throw new InvalidOperationException("nothing is reserved");

    public Task<ResyncOutcome> ResyncAsync(TimeSpan timeout) => throw new InvalidOperationException("nothing is overdue");

    public void Close()
    {
        Asked.Add("close");
        IsOpen = false;
    }

    public ValueTask DisposeAsync() => default;
}
