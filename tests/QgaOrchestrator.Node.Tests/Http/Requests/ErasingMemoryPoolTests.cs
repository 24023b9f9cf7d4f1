using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Tests.Http.Requests;

public class ErasingMemoryPoolTests
{
    [Fact]
    public void A_block_is_overwritten_when_it_is_given_back_and_serves_nobody_meanwhile()
    {
        using var pool = new ErasingMemoryPoolFactory().Create();
        var block = pool.Rent();
        var memory = block.Memory;
        memory.Span.Fill(7);
        using (var other = pool.Rent()) Assert.False(other.Memory.Span.Overlaps(memory.Span));

        block.Dispose();
        block.Dispose();

        Assert.True(memory.Span.IndexOfAnyExcept((byte)0) < 0);
        Assert.Throws<ObjectDisposedException>(() => block.Memory.Length);
        using IDisposable one = pool.Rent(), two = pool.Rent();
        Assert.NotSame(one, two);
    }

    [Fact]
    public void No_block_is_larger_than_4_KiB()
    {
        using var pool = new ErasingMemoryPoolFactory().Create();
        Assert.Equal(4096, pool.MaxBufferSize);
        using var block = pool.Rent(4096);
        Assert.Equal(4096, block.Memory.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(4097));
    }
}
