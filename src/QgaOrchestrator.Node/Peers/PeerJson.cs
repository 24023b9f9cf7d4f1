using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Membership;

namespace QgaOrchestrator.Node.Peers;

/// <summary>What nodes say to each other over HTTP. Members are only added: nodes of two versions talk.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PeerState))]
public sealed partial class PeerJson : JsonSerializerContext;
