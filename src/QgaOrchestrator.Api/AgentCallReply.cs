using System.Text.Json;

namespace QgaOrchestrator.Api;

/// <summary>An agent's answer, exactly as on the wire: <c>{"return": …}</c>.</summary>
public sealed record AgentCallReply(JsonElement Return);
