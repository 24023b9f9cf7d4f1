using System.Text;
using System.Text.Json;

namespace QgaOrchestrator.Cli.Guests;

/// <summary>What an agent returned, as the typed agent commands read it.</summary>
internal static class ReplyBytes
{
    public static ReadOnlyMemory<byte> Of(JsonElement value) => Encoding.UTF8.GetBytes(value.GetRawText());
}
