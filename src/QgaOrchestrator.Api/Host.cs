using System.Text.Json.Serialization;

namespace QgaOrchestrator.Api;

/// <summary>A hypervisor host and its node, as the node that was asked sees it. What a host told last stays when it is
/// away.</summary>
/// <param name="Name">The host's name.</param>
/// <param name="State">One of <see cref="HostStates"/>; clients tolerate others.</param>
/// <param name="Version">Of its program; null: it has told nothing yet.</param>
/// <param name="Api">Where its API listens.</param>
/// <param name="Vms">VMs that it lists.</param>
/// <param name="Windows">VMs that are frozen by it now, or may be.</param>
/// <param name="Runs">Runs that its node works for now.</param>
/// <param name="Load">Processes that run or wait for a processor, averaged over a minute.</param>
/// <param name="ClockOffsetMs">Its clock less that of the node that was asked, with the way of a message, in ms.</param>
/// <param name="FleetFile">SHA-256 of its fleet file, 12 digits; null: it has none.</param>
public sealed record Host(
    [property: JsonPropertyName("host")] string Name, string State, string? Version, string? Api, int? Vms, int? Windows,
    int? Runs, double? Load, long? ClockOffsetMs, string? FleetFile)
{
    /// <summary>When it told that, by the clock of the node that was asked.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>SHA-256 of the certificates of its escrow recipients, 12 digits; none: it has none; unusable: one of them cannot
    /// be used; null: it does not tell.</summary>
    public string? Recipients { get; init; }

    /// <summary>When the first of its certificates ends; null: it has none, or does not tell.</summary>
    public DateTimeOffset? CertificateEndsAt { get; init; }

    /// <summary>Items of runs that it works on now; null: it does not tell.</summary>
    public int? Items { get; init; }
}

public static class HostStates
{
    public const string Up = "up";
    public const string Joining = "joining";
    /// <summary>It begins nothing more, and something is still under way.</summary>
    public const string Draining = "draining";
    /// <summary>It begins nothing more, and nothing is under way: its node can be stopped.</summary>
    public const string Drained = "drained";
    public const string Leaving = "leaving";
    /// <summary>Its node does not answer, or is no member of the cluster.</summary>
    public const string Unreachable = "unreachable";
}
