using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Whether a process has ended, and what it said. It is told once: the agent forgets it with that reply.</summary>
public static class GuestExecStatus
{
    public const string Name = "guest-exec-status";

    /// <summary>The reply that says exited removes the record, so a repeat finds nothing; it may hold twice 16 MiB.</summary>
    public static AgentCommand Spec { get; } = new(Name, new Version(2, 5), RetryClass.Never, TimeoutClass.Medium)
    {
        Arguments = AgentJson.Default.ExecStatusArguments,
        Returns = AgentJson.Default.ExecStatus,
        LargestReply = (2 * (((16 << 20) + 2) / 3 * 4)) + 1024,
    };

    public static AgentRequest Request(long pid) => AgentJson.Request(Name, new(pid), AgentJson.Default.ExecStatusArguments);

    /// <summary>Of a process that was given a secret: all that it said is withheld, since it may have repeated the
    /// secret.</summary>
    /// <returns>Whoever has sent it disposes its <see cref="AgentRequest.Holder"/>.</returns>
    public static AgentRequest SecretRequest(long pid) =>
        AgentRequest.Secretly(Name, Secret.Of(JsonSerializer.SerializeToUtf8Bytes(
            new ExecStatusArguments(pid), AgentJson.Default.ExecStatusArguments)));

    public static ExecStatus Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.ExecStatus, isData: true);
}

internal sealed record ExecStatusArguments(long Pid);

/// <param name="Exited">The process has ended, and both captured streams are closed: a child of its may hold them open.</param>
/// <param name="Exitcode">Absent where a signal ended it. 0 to 255, on Windows any 32 bits.</param>
/// <param name="Signal">On Windows an NTSTATUS.</param>
/// <param name="OutData">Absent where it said nothing, or was not captured.</param>
/// <param name="ErrData">The same for standard error.</param>
/// <param name="OutTruncated">More than 16 MiB: the rest was dropped.</param>
/// <param name="ErrTruncated">The same for standard error.</param>
public sealed record ExecStatus(
    bool Exited, long? Exitcode = null, long? Signal = null,
    [property: JsonConverter(typeof(Base64Converter))] byte[]? OutData = null,
    [property: JsonConverter(typeof(Base64Converter))] byte[]? ErrData = null,
    bool OutTruncated = false, bool ErrTruncated = false);
