using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>A command of an agent that is under way.</summary>
internal sealed class LibvirtCall(AgentRequest request, TimeProvider time, TimeSpan timeout)
{
    private readonly long _start = time.GetTimestamp();
    private readonly TaskCompletionSource _abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AgentRequest Request => request;

    /// <summary>What is left of its time-out.</summary>
    public TimeSpan Left => time.Left(timeout, _start);

    /// <summary>As it went to the daemon.</summary>
    public Task<RpcOutcome>? Sent { get; set; }

    /// <summary>Nobody waits for it any more.</summary>
    public Task Abandoned => _abandoned.Task;

    /// <summary>Its caller has its outcome.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Completes when the daemon has ended the call, or is gone.</summary>
    public async Task EndedThereAsync()
    {
        if (Sent is { } sent && await sent.ConfigureAwait(false) is RpcOutcome.Unknown { Late: { } late })
            await late.ConfigureAwait(false);
    }

    /// <summary>The reply that has come after all; null: none has.</summary>
    public AgentOutcome? Late
    {
        get
        {
            var end = Sent is { IsCompletedSuccessfully: true, Result: RpcOutcome.Unknown { Late: { } late } } ? late : Sent;
            return end is { IsCompletedSuccessfully: true, Result: RpcOutcome.Returned returned }
                ? AgentAnswers.Of(request, returned)
                : null;
        }
    }

    public void Abandon() => _abandoned.TrySetResult();

    public void End() => _ended.TrySetResult();
}
