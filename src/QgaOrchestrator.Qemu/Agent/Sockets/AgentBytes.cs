using System.Globalization;
using System.Text;
using System.Text.Json;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Agent.Sockets;

/// <summary>Requests as bytes: one line of JSON each, no id.</summary>
internal static class AgentBytes
{
    /// <summary>The agent refuses more than 64 MiB of JSON, and answers the rest of such a request with many errors.</summary>
    public const int MostArguments = (64 << 20) - 1024;

    /// <summary>
    /// guest-sync-delimited (QEMU 1.1) behind a 0xFF, which makes the agent forget half a request that a former client left:
    /// its parser's state outlives a connection.
    /// </summary>
    public static byte[] Sync(long id) =>
        [WireLine.Sentinel, .. "{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":"u8, .. Number(id), .. "}}\n"u8];

    public static byte[] Number(long id) => Encoding.ASCII.GetBytes(id.ToString(CultureInfo.InvariantCulture));

    public static byte[] Of(AgentRequest request)
    {
        byte[] head = [.. "{\"execute\":\""u8, .. Encoding.ASCII.GetBytes(request.Command), (byte)'"'];
        if (request.Arguments.IsEmpty)
            return [.. head, .. "}\n"u8];
        var bytes = GC.AllocateUninitializedArray<byte>(
            head.Length + ",\"arguments\":}\n"u8.Length + request.Arguments.Length, pinned: request.Holder is not null);
        var rest = bytes.AsSpan();
        Put(head, ref rest);
        Put(",\"arguments\":"u8, ref rest);
        Put(request.Arguments.Span, ref rest);
        // A raw line end in JSON is only white space, and one request stays one line.
        var written = bytes.AsSpan(0, bytes.Length - rest.Length);
        written.Replace((byte)'\n', (byte)' ');
        written.Replace((byte)'\r', (byte)' ');
        Put("}\n"u8, ref rest);
        return bytes;
    }

    /// <summary>Why this request must not be written; null if it may. The reason holds nothing of the arguments.</summary>
    public static string? Objection(AgentRequest request)
    {
        if (request.Command.Length is 0 or > 100 || !request.Command.All(IsNameCharacter))
            return "not a command's name";
        if (request.Arguments.Length > MostArguments)
            return "the arguments exceed the 64 MiB that an agent reads";
        return request.Arguments.IsEmpty || IsObject(request.Arguments.Span) ? null : "the arguments are not a JSON object";
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';

    private static bool IsObject(ReadOnlySpan<byte> json)
    {
        // Bytes that are no UTF-8 would reset the agent's parser in the midst of the request.
        if (!System.Text.Unicode.Utf8.IsValid(json))
            return false;
        var reader = new Utf8JsonReader(json);
        try
        {
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject && reader.TrySkip() && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void Put(ReadOnlySpan<byte> bytes, ref Span<byte> rest)
    {
        bytes.CopyTo(rest);
        rest = rest[bytes.Length..];
    }
}
