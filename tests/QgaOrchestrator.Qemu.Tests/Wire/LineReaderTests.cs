using System.Text;
using CsCheck;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Tests.Wire;

/// <summary>The framing: '\n' ends a line, '\r' before it and all up to the last 0xFF is not part of it.</summary>
public sealed class LineReaderTests
{
    [Theory]
    [InlineData("{\"return\": {}}\n", "{\"return\": {}}", false)]
    [InlineData("{\"return\": {}}\r\n", "{\"return\": {}}", false)]
    [InlineData("\u00ff{\"return\": 5}\n", "{\"return\": 5}", true)]
    [InlineData("AAAA\u00ff\u00ff{\"return\": 4}\u00ff{\"return\": 5}\n", "{\"return\": 5}", true)]
    [InlineData("{\"return\": 5}\u00ff\n", "", true)]
    [InlineData("\n", "", false)]
    [InlineData("\r\n", "", false)]
    public void A_line_is_cut_at_its_last_sentinel(string bytes, string expected, bool afterSentinel)
    {
        var line = Assert.Single(new ByteStream().Feed(bytes));
        Assert.Equal(expected, Text(line));
        Assert.Equal(afterSentinel, line.AfterSentinel);
    }

    [Fact]
    public void Lines_do_not_depend_on_how_the_stream_is_chunked() =>
        Gen.Select(Gen.Int[0, 3].Select(i => (byte)"a\n\r\u00ff"[i]).Array[0, 60], Gen.Int[1, 7].Array[1, 60])
            .Sample((bytes, chunks) =>
            {
                var stream = new ByteStream();
                var lines = new List<WireLine>();
                for (int at = 0, i = 0; at < bytes.Length; i++)
                {
                    var chunk = bytes.AsSpan(at, Math.Min(chunks[i % chunks.Length], bytes.Length - at));
                    lines.AddRange(stream.Feed(chunk));
                    at += chunk.Length;
                }
                Assert.Equal(new ByteStream().Feed(bytes).Select(Shown), lines.Select(Shown));
            });

    [Theory]
    [InlineData(1000, 0)]
    [InlineData(16 << 10, 0)]
    [InlineData(100_000, 0)]
    [InlineData(3_000_000, 0)]
    [InlineData(100_000, 1_500_000)]
    [InlineData(100_000, 1_000_000)] // it has more than was said
    public void Small_lines_and_large_ones_follow_each_other(int chunk, int largest)
    {
        int[] sizes = [3, (16 << 10) - 1, 16 << 10, 0, (32 << 10) + 1, 100_000, 5, 1_500_000, 1, 1, 70_000];
        var bytes = sizes.SelectMany((size, at) => Enumerable.Repeat((byte)('a' + at), size).Append((byte)'\n')).ToArray();
        var stream = new ByteStream { Largest = largest };
        var lines = bytes.Chunk(chunk).SelectMany(piece => stream.Feed(piece)).ToList();
        Assert.Equal(sizes, lines.Select(line => line.Bytes.Length));
        Assert.All(lines.Index(), line => Assert.False(line.Item.Bytes.Span.ContainsAnyExcept((byte)('a' + line.Index))));
    }

    [Fact]
    public void Half_a_line_at_the_end_is_no_line()
    {
        var stream = new ByteStream();
        Assert.Single(stream.Feed("{\"return\": 1}\n{\"retu"));
        Assert.Empty(stream.End());
    }

    [Fact]
    public void A_reply_of_64_MiB_in_small_chunks_arrives_whole()
    {
        var stream = new ByteStream();
        var chunk = new byte[16 << 10];
        chunk.AsSpan().Fill((byte)'A');
        for (var i = 0; i < 4096; i++)
            Assert.Empty(stream.Feed(chunk));
        var line = Assert.Single(stream.Feed("\n"));
        Assert.Equal(64 << 20, line.Bytes.Length);
        Assert.False(line.Bytes.Span.ContainsAnyExcept((byte)'A'));
    }

    [Fact]
    public void A_line_over_the_limit_is_refused_as_soon_as_it_is_too_long()
    {
        var stream = new ByteStream(limit: 8);
        Assert.Single(stream.Feed("12345678\n"));
        Assert.Empty(stream.Feed("1234567"));
        Assert.Throws<InvalidDataException>(() => stream.Feed("89"));
    }

    private static string Text(WireLine line) => Encoding.Latin1.GetString(line.Bytes.Span);

    private static string Shown(WireLine line) => (line.AfterSentinel ? "FF " : "") + Text(line);
}
