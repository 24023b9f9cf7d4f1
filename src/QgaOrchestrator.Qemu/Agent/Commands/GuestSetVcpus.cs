namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Takes processors into use or out of it; Linux only.</summary>
public static class GuestSetVcpus
{
    public const string Name = "guest-set-vcpus";

    public static AgentCommand Spec { get; } = new(Name, new Version(1, 5), RetryClass.Idempotent, TimeoutClass.Medium)
    {
        Arguments = AgentJson.Default.SetVcpusArguments,
        Returns = AgentJson.Default.Int64,
    };

    /// <param name="vcpus">Set in this order, up to the first that fails; those not named stay as they are.</param>
    public static AgentRequest Request(IReadOnlyList<GuestVcpu> vcpus) =>
        AgentJson.Request(Name, new(vcpus), AgentJson.Default.SetVcpusArguments);

    /// <summary>How many were set: fewer than sent, and the next one failed. An error came where it was the first.</summary>
    public static long Read(ReadOnlyMemory<byte> json) => AgentJson.ReadCount(json);
}

internal sealed record SetVcpusArguments(IReadOnlyList<GuestVcpu> Vcpus);
