using System.Diagnostics;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Wire;

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
        var stream = new ByteStream(Size + chunk);
        var bytes = new byte[chunk];
        for (var fed = 0; fed < Size; fed += chunk) Assert.Empty(stream.Feed(bytes));
        Assert.True(Held(before) <= (2L * Size) + (1 << 20));
        Assert.Single(stream.Feed("\n"));
    }

    [Fact]
    public void A_large_line_holds_its_limit_and_a_small_one_nothing_of_it()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var stream = new ByteStream(Size);
        var bytes = new byte[60_000];
        stream.Feed(bytes);
        Assert.True(Held(before) <= 1 << 20);
        for (var fed = bytes.Length; fed + bytes.Length <= Size; fed += bytes.Length) Assert.Empty(stream.Feed(bytes));
        Assert.True(Held(before) <= Size + (1 << 20));
        Assert.Single(stream.Feed("\n"));
    }

    [Fact]
    public void Twelve_streams_that_drip_127_MiB_hold_no_more_than_one_that_is_asked_for_nothing()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var streams = Enumerable.Range(0, 12).Select(_ => new ByteStream(LineReader.Small)).ToList();
        var bytes = new byte[60_000];
        for (var fed = 0; fed < 127 << 20; fed += bytes.Length)
            foreach (var stream in streams) Assert.All(stream.Feed(bytes), noise => Assert.True(noise.Bytes.IsEmpty));
        Assert.True(Held(before) <= 4 << 20);
        GC.KeepAlive(streams);
    }

    [Fact]
    public async Task Twelve_streams_that_drip_127_MiB_for_a_long_reply_hold_under_100_MiB_together()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var memory = new LineMemory(8 * LineMemory.Long, LineMemory.Agents.Capacity - (8 * LineMemory.Long));
        var drips = Enumerable.Range(0, 12).Select(_ => new Drip(memory, 127 << 20)).ToList();
        var reading = Task.WhenAll(drips.Select(drip => Task.Run(drip.ReadAsync)));
        for (var began = Stopwatch.GetTimestamp(); !drips.All(drip => drip.Stalls); await Task.Yield())
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(60));
        Assert.InRange(Held(before), 1 << 20, 100_000_000);
        drips.ForEach(drip => drip.GoOn.SetResult());
        Assert.All(await reading, faults => Assert.Equal([LineFault.TooLong], faults));
    }

    /// <summary>A stream of one line that stalls after 40 MiB, or where it finds no memory, until it is told to go on.</summary>
    private sealed class Drip(LineMemory memory, int bytes)
    {
        private const int Quick = 40 << 20;

        private LineReader? _reader;
        private int _sent;
        private volatile bool _stalls;

        public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Stalls => _stalls || _reader is { WaitsForMemory: true };

        public async Task<List<LineFault>> ReadAsync()
        {
            _reader =
                new LineReader(ReceiveAsync, memory, TimeProvider.System) { Limit = GuestExecStatus.Request(1).LargestReply };
            var faults = new List<LineFault>();
            while (await _reader.ReadAsync() is { } line)
                if (line.Fault != LineFault.None) faults.Add(line.Fault);
            return faults;
        }

        private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken letGo)
        {
            if (_sent > Quick && !GoOn.Task.IsCompleted)
            {
                _stalls = true;
                await GoOn.Task;
            }
            var read = Math.Min(buffer.Length, Math.Min(60_000, bytes - _sent));
            buffer.Span[..read].Clear();
            _sent += read;
            return read;
        }
    }

    /// <summary>In bytes; below zero where the pool has let go meanwhile of what an earlier test left to it.</summary>
    private static long Held(long before) => GC.GetTotalMemory(forceFullCollection: true) - before;
}
