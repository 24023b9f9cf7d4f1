using System.Text;
using System.Text.Json;

namespace QgaOrchestrator.Simulator;

/// <summary>What the parser made of the bytes: a value, or the text of the error that is answered for them.</summary>
public sealed record Parsed(JsonElement Value, string? Error);

/// <summary>
/// QEMU's streaming parser: it counts braces, not lines. A half object waits for ever for its other half - whoever sends
/// it - until a byte that is never legal (0xFF) makes it drop everything with one error.
/// </summary>
public sealed class JsonStream
{
    private readonly List<byte> _message = [];
    private int _depth;
    private int _tokenStart = -1;
    private byte _quote;
    private bool _escaped;

    /// <summary>An object was begun and not ended.</summary>
    public bool IsMidObject => _message.Count > 0;

    public IEnumerable<Parsed> Feed(ReadOnlyMemory<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (EndsBareWord(bytes.Span[i])) yield return Complete();
            if (Take(bytes.Span[i]) is { } parsed) yield return parsed;
        }
    }

    // A word outside of any object is a message of its own, also right before a brace: `foo}` is two errors.
    private bool EndsBareWord(byte b) => _depth == 0 && _quote == 0 && _tokenStart >= 0 && "{}[],:\"'"u8.Contains(b);

    public void Reset()
    {
        _message.Clear();
        _depth = 0;
        _tokenStart = -1;
        _quote = 0;
        _escaped = false;
    }

    private Parsed? Take(byte b)
    {
        if (b >= 0xFE || (b < 0x20 && (_quote != 0 || b is not (0x09 or 0x0A or 0x0D)))) return Stray(b);
        if (_quote != 0)
        {
            _message.Add(b);
            if (_escaped) _escaped = false;
            else if (b == '\\') _escaped = true;
            else if (b == _quote) return EndToken();
            return null;
        }

        switch (b)
        {
            case (byte)' ' or 0x09 or 0x0A or 0x0D:
                var ended = _tokenStart >= 0 ? EndToken() : null;
                if (_message.Count > 0) _message.Add(b);
                return ended;
            case (byte)'"' or (byte)'\'':
                _quote = b;
                _tokenStart = _message.Count;
                _message.Add(b);
                return null;
            case (byte)'{' or (byte)'[':
                _depth++;
                _message.Add(b);
                return null;
            case (byte)'}' or (byte)']':
                if (_depth == 0) return Fail("JSON parse error, expecting value");
                _depth--;
                _tokenStart = -1;
                _message.Add(b);
                return _depth == 0 ? Complete() : null;
            case (byte)',' or (byte)':':
                _tokenStart = -1;
                _message.Add(b);
                return _depth == 0 ? Fail("JSON parse error, expecting value") : null;
            default:
                if (_tokenStart < 0) _tokenStart = _message.Count;
                _message.Add(b);
                return null;
        }
    }

    private Parsed? EndToken()
    {
        _quote = 0;
        _tokenStart = -1;
        return _depth == 0 ? Complete() : null;
    }

    private Parsed Complete()
    {
        var bytes = _message.ToArray();
        Reset();
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return new Parsed(document.RootElement.Clone(), null);
        }
        catch (JsonException)
        {
            var text = Encoding.UTF8.GetString(bytes);
            return new Parsed(default, char.IsAsciiLetter(text[0])
                ? $"JSON parse error, invalid keyword '{text}'" : "JSON parse error, expecting value");
        }
    }

    // The error names the token that the byte broke: '\uFFFD' alone, or '"guest-ping\uFFFD' in the middle of a string.
    private Parsed Stray(byte b)
    {
        var token = _tokenStart < 0 ? [] : _message.Skip(_tokenStart).ToArray();
        return Fail($"JSON parse error, stray '{Encoding.UTF8.GetString(token)}{(b >= 0xFE ? '\uFFFD' : (char)b)}'");
    }

    private Parsed Fail(string error)
    {
        Reset();
        return new Parsed(default, error);
    }
}
