using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Starts a process in the guest as the agent's own user, without a shell. Disabled by some distributions (RHEL).</summary>
public static class GuestExec
{
    public const string Name = "guest-exec";

    /// <summary>It would run twice. Standard input is the way for a secret: arguments and environment are shown by the
    /// guest's ps and /proc, and the agent logs its arguments.</summary>
    public static AgentCommand Spec { get; } = new(Name, new Version(2, 5), RetryClass.Never, TimeoutClass.Quick) { SecretArguments = ["input-data"] };

    public static AgentRequest Request(ExecRequest process) => new(Name, JsonSerializer.SerializeToUtf8Bytes(process, AgentJson.Default.ExecRequest));

    public static GuestProcess Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.GuestProcess);
}

/// <param name="Path">Searched in PATH.</param>
/// <param name="Arg">Without the program's own name.</param>
/// <param name="Env">NAME=VALUE each; replaces the whole environment.</param>
/// <param name="InputData">Its standard input.</param>
/// <param name="CaptureOutput">Both streams apart, up to 16 MiB each. Since QEMU 8.0 a word is understood, too; true means
/// "separated" in every version.</param>
public sealed record ExecRequest(
    string Path,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Arg = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Env = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] byte[]? InputData = null,
    bool CaptureOutput = false)
{
    /// <summary>The program only: the rest may tell more than a log should.</summary>
    public override string ToString() => Path;
}

/// <param name="Pid">For <see cref="GuestExecStatus"/>. On Windows the agent's own number.</param>
public sealed record GuestProcess(long Pid);
