using System.Text.Json;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Agent;

/// <summary>A line from the agent that is a reply. Members other than these, in any order, are ignored.</summary>
public abstract record AgentReply
{
    private AgentReply() { }

    /// <summary>How the answer to a 0xFF begins: see <see cref="AgentError.IsParseError"/>.</summary>
    private static ReadOnlySpan<byte> ParseError => "JSON parse error"u8;

    /// <summary>{"return": X}; <paramref name="Json"/> is X as it came.</summary>
    public sealed record Return(ReadOnlyMemory<byte> Json) : AgentReply;

    /// <summary>{"error": {"class": C, "desc": D}}</summary>
    public sealed record Error(AgentError Value) : AgentReply;

    public AgentOutcome ToOutcome() => this switch
    {
        Return returned => new AgentOutcome.Returned(returned.Json),
        Error error => new AgentOutcome.Refused(error.Value),
        _ => throw new InvalidOperationException("no other reply exists"),
    };

    /// <summary>Null where the line is not a reply: noise, half a line, an event.</summary>
    /// <param name="withWords">False: an error's description is not even read; it may repeat a secret.</param>
    public static AgentReply? Parse(ReadOnlyMemory<byte> line, bool withWords = true)
    {
        // Most noise is told from a reply by its first byte, which costs no exception.
        if (line.IsEmpty || line.Span[0] is not ((byte)'{' or (byte)' ' or (byte)'\t'))
            return null;
        var reader = new Utf8JsonReader(line.Span);
        AgentReply? reply = null;
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isReturn = reader.ValueTextEquals("return"u8);
                var isError = reader.ValueTextEquals("error"u8);
                reader.Read();
                if (isError)
                {
                    if (reader.TokenType != JsonTokenType.StartObject)
                        return null;
                    reply = ReadError(ref reader, withWords);
                    continue;
                }
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                if (isReturn && reply is null)
                    reply = new Return(line[start..(int)reader.BytesConsumed]);
            }
            return reader.Read() ? null : reply;
        }
        // A member's name of lone surrogates is the latter.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static Error ReadError(ref Utf8JsonReader reader, bool withWords)
    {
        string? errorClass = null, description = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isClass = reader.ValueTextEquals("class"u8);
            var isDescription = reader.ValueTextEquals("desc"u8);
            reader.Read();
            if (isClass && reader.TokenType == JsonTokenType.String)
                errorClass = withWords || reader.ValueTextEquals("CommandNotFound"u8) ? Text(ref reader) : null;
            else if (isDescription && reader.TokenType == JsonTokenType.String)
                description = withWords ? Text(ref reader) : reader.ValueSpan.StartsWith(ParseError) ? "JSON parse error" : "";
            else
                reader.Skip();
        }
        return new(new(ForeignText.Name(errorClass ?? "GenericError"), ForeignText.Message(description ?? "")));
    }

    /// <summary>A text of lone surrogates is no reason to lose a reply.</summary>
    private static string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return System.Text.Encoding.UTF8.GetString(reader.ValueSpan);
        }
    }
}
