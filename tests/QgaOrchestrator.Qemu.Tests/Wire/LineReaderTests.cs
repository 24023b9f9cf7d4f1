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
    [InlineData(1000)]
    [InlineData(16 << 10)]
    [InlineData(100_000)]
    [InlineData(3_000_000)]
    public void Small_lines_and_large_ones_follow_each_other(int chunk)
    {
        int[] sizes = [3, (16 << 10) - 1, 16 << 10, 0, (32 << 10) + 1, 100_000, 5, 1_500_000, 1, 1, 70_000];
        var bytes = sizes.SelectMany((size, at) => Enumerable.Repeat((byte)('a' + at), size).Append((byte)'\n')).ToArray();
        var stream = new ByteStream();
        var lines = bytes.Chunk(chunk).SelectMany(piece => stream.Feed(piece)).ToList();
        Assert.Equal(sizes, lines.Select(line => line.Bytes.Length));
        Assert.All(lines.Index(), line => Assert.False(line.Item.Bytes.Span.ContainsAnyExcept((byte)('a' + line.Index))));
    }

    [Fact]
    public void An_incomplete_last_line_is_ignored()
    {
        var stream = new ByteStream();
        Assert.Single(stream.Feed("{\"return\": 1}\n{\"retu"));
        Assert.Empty(stream.End());
    }

    [Fact]
    public void A_reply_of_64_MiB_in_small_chunks_arrives_whole()
    {
        var stream = new ByteStream(64 << 20);
        var chunk = new byte[16 << 10];
        chunk.AsSpan().Fill((byte)'A');
        for (var i = 0; i < 4096; i++)
            Assert.Empty(stream.Feed(chunk));
        var line = Assert.Single(stream.Feed("\n"));
        Assert.Equal(64 << 20, line.Bytes.Length);
        Assert.False(line.Bytes.Span.ContainsAnyExcept((byte)'A'));
    }

    [Fact]
    public void A_line_over_the_limit_is_thrown_away_up_to_its_end_and_told_once()
    {
        var stream = new ByteStream(limit: 8);
        Assert.Single(stream.Feed("12345678\n"));
        Assert.Empty(stream.Feed("1234567"));
        Assert.Equal([(LineFault.TooLong, 9)], stream.Feed("89").Select(Thrown));
        Assert.Equal([(LineFault.None, 3), (LineFault.None, 0)], stream.Feed("34\nnext\n").Select(Thrown));
        Assert.Equal([(LineFault.TooLong, 11)], stream.Feed("0123456789\n").Select(Thrown));
        Assert.Equal("12345678", Text(Assert.Single(stream.Feed("12345678\n"))));
    }

    [Fact]
    public void A_sentinel_ends_a_line_that_is_thrown_away()
    {
        var stream = new ByteStream(limit: 8);
        Assert.Equal([LineFault.TooLong], stream.Feed("the rest of a long reply").Select(line => line.Fault));
        var line = Assert.Single(stream.Feed("AAAA\u00ff12345678\n"));
        Assert.Equal(("12345678", true, 5), (Text(line), line.AfterSentinel, line.Noise));
    }

    [Fact]
    public void A_flood_of_sentinels_is_told_as_noise_and_holds_nothing()
    {
        var stream = new ByteStream(limit: 8);
        var told = Enumerable.Range(0, 100).SelectMany(_ => stream.Feed(new string('\u00ff', 10_000))).ToList();
        Assert.All(told, noise => Assert.Equal((0, LineFault.None), (noise.Bytes.Length, noise.Fault)));
        Assert.InRange(told.Sum(noise => noise.Noise), 990_000, 1_000_000);
        Assert.True(Assert.Single(stream.Feed("5\n")).AfterSentinel);
    }

    [Fact]
    public void A_limit_that_is_lowered_throws_away_the_line_under_way()
    {
        var stream = new ByteStream();
        Assert.Empty(stream.Feed(new string('a', 2_000_000)));
        stream.Limit = LineReader.Small;
        Assert.Equal([LineFault.NoMemory, LineFault.None, LineFault.None], stream.Feed("aaa\nnext\n").Select(line => line.Fault));
    }

    private static (LineFault, int) Thrown(WireLine line) => (line.Fault, line.Noise);

    private static string Text(WireLine line) => Encoding.Latin1.GetString(line.Bytes.Span);

    private static string Shown(WireLine line) => (line.AfterSentinel ? "FF " : "") + Text(line);
}
