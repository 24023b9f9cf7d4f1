namespace QgaOrchestrator.Api;

/// <summary>/healthz and /readyz: 200 with "ok", else 503.</summary>
/// <param name="Status">ok, starting, stopping or failing.</param>
/// <param name="Checks">Part → ok, or what is wrong with it.</param>
public sealed record Health(string Status, string? Version = null, IReadOnlyDictionary<string, string>? Checks = null);
