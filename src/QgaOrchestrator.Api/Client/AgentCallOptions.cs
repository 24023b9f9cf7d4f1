namespace QgaOrchestrator.Api.Client;

/// <summary>Options of a raw agent call; null: the command's own default.</summary>
/// <param name="Timeout">For the agent's reply.</param>
/// <param name="Lease">Of a raw freeze, up to five minutes.</param>
/// <param name="Force">Thaws also a guest that was frozen by somebody else.</param>
public sealed record AgentCallOptions(TimeSpan? Timeout = null, TimeSpan? Lease = null, bool Force = false);
