using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Api;

/// <summary>An agent's answer, exactly as on the wire: <c>{"return": …}</c>.</summary>
public sealed record AgentCallReply(JsonElement Return)
{
    /// <summary>
    /// Of a command whose success an agent does not answer (guest-shutdown, guest-suspend-*): what ended the wait. "event":
    /// QEMU told of it; "port": QEMU ended, or, of a shutdown, the agent let go of its port; "timeout": sent and not refused,
    /// and nothing was seen in time.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CompletedBy { get; init; }

    /// <summary>The monitor's event, as in SHUTDOWN.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Event { get; init; }

    /// <summary>What the call was given where that is less than was asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AgentCallClamp? Clamped { get; init; }

    /// <summary>What the caller must know besides: a password was set, and the escrow could not be told.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Warnings { get; init; }
}

/// <summary>A guest that was woken.</summary>
/// <param name="RunState">QEMU's run state then, as in "running".</param>
public sealed record WokenVm(string RunState);

/// <summary>Durations hh:mm:ss; a member that is absent was not shortened.</summary>
/// <param name="Timeout">For the agent's reply.</param>
/// <param name="Lease">Of a freeze.</param>
public sealed record AgentCallClamp(TimeSpan? Timeout = null, TimeSpan? Lease = null);
