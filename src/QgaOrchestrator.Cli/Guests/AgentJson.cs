using System.Text;
using System.Text.Json;

namespace QgaOrchestrator.Cli.Guests;

/// <summary>What an agent returned, as the typed agent commands read it.</summary>
internal static class AgentJson
{
    public static ReadOnlyMemory<byte> Bytes(JsonElement value) => Encoding.UTF8.GetBytes(value.GetRawText());
}
