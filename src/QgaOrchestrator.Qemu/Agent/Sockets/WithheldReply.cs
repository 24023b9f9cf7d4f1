using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Qemu.Agent.Sockets;

/// <summary>
/// What a guest says to a command that held a secret, as it is passed on: it may repeat the secret, and so none of its words
/// leave the link. An error keeps its class, a value its numbers and flags.
/// </summary>
public static class WithheldReply
{
    /// <summary>In the place of the guest's words.</summary>
    public const string Words = "the guest refused it; its words are withheld, since they may repeat the secret";

    private const string CommandNotFound = "CommandNotFound";

    internal static AgentOutcome Of(AgentRequest request, AgentReply reply) => reply switch
    {
        AgentReply.Error error => new AgentOutcome.Refused(Of(error.Value)),
        AgentReply.Return value => new AgentOutcome.Returned(Plain(AgentCommands.Find(request.Command), value.Json)),
        _ => throw new InvalidOperationException("no other reply exists"),
    };

    private static AgentError Of(AgentError error) =>
        new(error.Class == CommandNotFound ? CommandNotFound : "GenericError", Words);

    /// <summary>The members that the command's reply has, as far as they are numbers or flags.</summary>
    private static byte[] Plain(AgentCommand? command, ReadOnlyMemory<byte> json)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            if (command?.Returns is { } returns && json.Span is [(byte)'{', ..])
            {
                var reader = new Utf8JsonReader(json.Span);
                reader.Read();
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var name = Known(returns, ref reader);
                    reader.Read();
                    if (name is not null) Copy(name, ref reader, writer);
                    reader.Skip();
                }
            }
            writer.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    private static string? Known(JsonTypeInfo type, ref Utf8JsonReader reader)
    {
        foreach (var member in type.Properties)
            if (reader.ValueTextEquals(member.Name))
                return member.Name;
        return null;
    }

    private static void Copy(string name, ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        if (reader.TokenType is JsonTokenType.True or JsonTokenType.False) writer.WriteBoolean(name, reader.GetBoolean());
        else if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number)) writer.WriteNumber(name, number);
    }
}
