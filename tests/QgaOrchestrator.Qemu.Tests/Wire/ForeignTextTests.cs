using System.Text;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Tests.Wire;

public sealed class ForeignTextTests
{
    [Theory]
    [InlineData("plain ~", "plain ~")]
    [InlineData("Zürich 東京 🙂", "Zürich 東京 🙂")]
    [InlineData("a\tb\r\nc\u2028d\u2029e\u0085f", "a b  c d e f")]
    [InlineData("\u001b[2J\a\b\u007f\u009b1m", "\uFFFD[2J\uFFFD\uFFFD\uFFFD\uFFFD1m")]
    [InlineData("\u202e\u2066\u200f\u061c\ufeff\u200b", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD")]
    [InlineData("می\u200cخواهم", "می\u200cخواهم")]
    public void A_text_becomes_one_plain_line(string given, string line)
    {
        Assert.Equal(line, ForeignText.Line(given));
        Assert.Equal(line, ForeignText.Line(line));
    }

    [Fact]
    public void Half_a_surrogate_pair_is_no_character() =>
        Assert.Equal("half \uFFFD of a pair", ForeignText.Line("half \ud83d of a pair"));

    [Theory]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(1 << 20)]
    public void A_name_has_256_characters_at_the_most_and_says_where_it_was_cut(int length)
    {
        var name = ForeignText.Name(new string('n', length));
        Assert.Equal(Math.Min(length, 256), name.Length);
        Assert.Equal(length > 256, name.EndsWith('…'));
        Assert.Equal(name, ForeignText.Name(name));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("ü")]
    [InlineData("東")]
    [InlineData("🙂")]
    [InlineData("\u001b")]
    public void A_message_has_a_kibibyte_at_the_most(string of)
    {
        var message = ForeignText.Message(string.Concat(Enumerable.Repeat(of, 5000)));
        Assert.InRange(Encoding.UTF8.GetByteCount(message), 1018, 1024);
        Assert.EndsWith("…", message, StringComparison.Ordinal);
        Assert.Equal(message, ForeignText.Message(message));
        var whole = string.Concat(Enumerable.Repeat(of, 100));
        Assert.Equal(ForeignText.Line(whole), ForeignText.Message(whole));
    }

    [Theory]
    [InlineData("""{"a":"\u00fc \\ud800 \ud83d\ude42"}""", null)]
    [InlineData("""["\ud800"]""", """["\ufffd"]""")]
    [InlineData("""["\ud83d\ud83d\ude42\ude42x\udc00"]""", """["\ufffd\ud83d\ude42\ufffdx\ufffd"]""")]
    public void JSON_with_half_a_pair_is_mended(string json, string? mended) =>
        Assert.Equal(mended ?? json, Encoding.UTF8.GetString(JsonText.Mended(Encoding.UTF8.GetBytes(json)).Span));

    [Fact]
    public void JSON_with_other_bytes_than_UTF_8_is_mended_and_any_other_is_the_same_memory()
    {
        Assert.Equal(
            "\"a\uFFFD(\"",
            Encoding.UTF8.GetString(JsonText.Mended(new byte[] { (byte)'"', (byte)'a', 0xC3, (byte)'(', (byte)'"' }).Span)
        );
        ReadOnlyMemory<byte> right = """{"a":"\n"}"""u8.ToArray();
        Assert.True(right.Equals(JsonText.Mended(right)));
    }
}
