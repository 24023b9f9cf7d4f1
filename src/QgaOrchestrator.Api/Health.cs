namespace QgaOrchestrator.Api;

/// <summary>/healthz and /readyz: 200 with "ok", or "degraded" while the store is away; else 503.</summary>
/// <param name="Status">ok, degraded, starting, stopping or failing.</param>
/// <param name="Checks">Part → ok, or what is wrong with it.</param>
public sealed record Health(string Status, string? Version = null, IReadOnlyDictionary<string, string>? Checks = null);
