using System.Text.Json.Serialization;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>The agent's version, and what it offers right now: a frozen one shows all but six commands as disabled.</summary>
public static class GuestInfo
{
    public const string Name = "guest-info";

    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Safe, TimeoutClass.Quick)
    {
        WhileFrozen = true,
        Returns = AgentJson.Default.AgentInfo,
        LargestReply = AgentCommand.ListReply,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static AgentInfo Read(ReadOnlyMemory<byte> json) =>
        Bounded(AgentJson.Read(json, AgentJson.Default.AgentInfo));

    /// <summary>The version is shown wherever the agent is.</summary>
    private static AgentInfo Bounded(AgentInfo info) => info with { Version = ForeignText.Name(info.Version) };
}

/// <summary>What an agent says of a command.</summary>
public enum CommandStatus
{
    /// <summary>Not in its list: too old, or not built for this guest's system (QEMU 9.1 and later).</summary>
    Unknown,

    /// <summary>Blocked by configuration, refused while frozen, or not for this guest's system (before QEMU 9.1).</summary>
    Disabled,

    Enabled,
}

/// <param name="Version">The agent's own, as in 7.2.22; it is often older or newer than the host's QEMU.</param>
/// <param name="SupportedCommands">In no particular order. The one name of the schema with an underscore.</param>
public sealed record AgentInfo(
    string Version,
    [property: JsonPropertyName("supported_commands")] IReadOnlyList<AgentCommandInfo> SupportedCommands)
{
    /// <summary>The version's numbers, as in 7.2.22; null where it does not begin with any.</summary>
    [JsonIgnore]
    public Version? Release =>
        System.Version.TryParse(
            string.Concat(Version.TakeWhile(c => char.IsAsciiDigit(c) || c == '.')).TrimEnd('.'),
            out var release
        )
            ? release
            : null;

    /// <summary>Tells the three reasons of a CommandNotFound apart.</summary>
    public CommandStatus Status(string command)
    {
        foreach (var supported in SupportedCommands)
        {
            if (supported.Name == command)
                return supported.Enabled ? CommandStatus.Enabled : CommandStatus.Disabled;
        }
        return CommandStatus.Unknown;
    }
}

/// <param name="SuccessResponse">False: success is not answered. Told since QEMU 1.7.</param>
public sealed record AgentCommandInfo(string Name, bool Enabled, bool SuccessResponse = true);
