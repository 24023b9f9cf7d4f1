namespace QgaOrchestrator.Qemu.Tests.Wire;

/// <summary>What a large line costs while it arrives. Alone in the process, since it looks at the whole of its memory.</summary>
[Collection(nameof(LineMemoryTests))]
[CollectionDefinition(nameof(LineMemoryTests), DisableParallelization = true)]
public sealed class LineMemoryTests
{
    private const int Size = 64 << 20;

    [Theory]
    [InlineData(4 << 10)]
    [InlineData(60_000)]
    public void A_line_that_arrives_in_small_chunks_holds_no_more_than_twice_its_size(int chunk)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var stream = new ByteStream();
        var bytes = new byte[chunk];
        for (var fed = 0; fed < Size; fed += chunk) Assert.Empty(stream.Feed(bytes));
        Assert.True(Held(before) <= (2L * Size) + (1 << 20));
        Assert.Single(stream.Feed("\n"));
    }

    [Fact]
    public void A_large_line_whose_most_is_known_holds_that_and_a_small_one_nothing_of_it()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var stream = new ByteStream { Largest = Size };
        var bytes = new byte[60_000];
        stream.Feed(bytes);
        Assert.True(Held(before) <= 1 << 20);
        for (var fed = bytes.Length; fed + bytes.Length <= Size; fed += bytes.Length) Assert.Empty(stream.Feed(bytes));
        Assert.True(Held(before) <= Size + (1 << 20));
        Assert.Single(stream.Feed("\n"));
    }

    /// <summary>In bytes; below zero where the pool has let go meanwhile of what an earlier test left to it.</summary>
    private static long Held(long before) => GC.GetTotalMemory(forceFullCollection: true) - before;
}
