using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Vms;

public sealed class ChunkSizeTests
{
    [Theory]
    [InlineData(64, 1, 128)]
    [InlineData(1024, 1, 1024)]
    [InlineData(256, 150, 256)]
    [InlineData(1024, 900, 512)]
    [InlineData(16, 900, 16)]
    public void A_chunk_is_as_large_as_the_channel_is_fast(int kib, int tookMs, int nextKib) =>
        Assert.Equal(nextKib * 1024, ChunkSize.Next(kib * 1024, TimeSpan.FromMilliseconds(tookMs)));
}
