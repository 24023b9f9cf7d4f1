namespace QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;

/// <summary>
/// The members Agent and Monitor of a VM in the fleet's file: <c>unix:</c> and the absolute path of its socket. Such a VM needs
/// no source.
/// </summary>
internal static class PlacedSockets
{
    private const string Agent = "Agent", Monitor = "Monitor", Unix = "unix:";

    public static IReadOnlyList<string> Members { get; } = [Agent, Monitor];

    public static IEnumerable<string> Faults(IReadOnlyDictionary<string, string> place)
    {
        foreach (var name in Members)
        {
            if (place.TryGetValue(name, out var text) && !text.StartsWith(Unix + '/', StringComparison.Ordinal))
                yield return $"{name} '{text}' must be unix: and an absolute path.";
        }
        if (place.ContainsKey(Monitor) && !place.ContainsKey(Agent)) yield return "Monitor is set without Agent.";
    }

    /// <summary>The paths; null: it places no agent.</summary>
    public static (string Agent, string? Monitor)? Of(IReadOnlyDictionary<string, string> place) =>
        Path(place, Agent) is { } agent ? (agent, Path(place, Monitor)) : null;

    private static string? Path(IReadOnlyDictionary<string, string> place, string name) =>
        place.TryGetValue(name, out var text) ? text[Unix.Length..] : null;
}
