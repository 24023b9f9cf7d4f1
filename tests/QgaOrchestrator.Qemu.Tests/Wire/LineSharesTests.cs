using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Tests.Wire;

/// <summary>How long lines share their memory: in turn, never in a circle, and no drip holds up the others for long.</summary>
public sealed class LineSharesTests
{
    private readonly ManualTime _time = new();
    private readonly LineMemory _memory = new(3 * LineMemory.Long, 8 << 20);

    [Fact]
    public void Small_lines_need_no_share()
    {
        var holders = Enumerable.Range(0, 4).Select(_ => new ByteStream((4 << 20) - 1, _memory, _time)).ToList();
        foreach (var holder in holders) Assert.Empty(holder.Feed(Of(2 << 20)));
        Assert.True(holders[3].WaitsForMemory);
        var small = new ByteStream(64 << 10, _memory, _time);
        Assert.Equal(64 << 10, Assert.Single(small.Feed(Of(64 << 10) + "\n")).Bytes.Length);
    }

    [Fact]
    public async Task A_line_without_room_waits_until_another_one_is_complete()
    {
        var (first, second) = (new ByteStream(6 << 20, _memory, _time), new ByteStream(6 << 20, _memory, _time));
        Assert.Empty(first.Feed(Of(3 << 20)));
        Assert.Empty(second.Feed(Of(3 << 20) + "\n"));
        Assert.True(second.WaitsForMemory);
        Assert.InRange(_memory.Held, 6 << 20, _memory.Capacity);
        Assert.Equal(3 << 20, Assert.Single(first.Feed("\n")).Bytes.Length);
        Assert.Equal(3 << 20, (await second.NextAsync()).Bytes.Length);
        Assert.Equal(0, _memory.Held);
    }

    [Fact]
    public async Task A_share_that_a_drip_holds_goes_to_who_waits_after_5_s()
    {
        var (drip, other) = (new ByteStream(6 << 20, _memory, _time), new ByteStream(6 << 20, _memory, _time));
        Assert.Empty(drip.Feed(Of(2 << 20)));
        _time.Advance(TimeSpan.FromSeconds(60)); // as long as nobody waits it may drip
        Assert.Empty(drip.Feed("."));
        Assert.Empty(other.Feed(Of(2 << 20) + "\n"));
        _time.Advance(TimeSpan.Zero);
        Assert.Equal(LineFault.NoMemory, (await drip.NextAsync()).Fault);
        Assert.Equal(2 << 20, (await other.NextAsync()).Bytes.Length);
    }

    [Fact]
    public async Task More_lines_than_there_is_room_for_all_come_to_their_end()
    {
        var first = new ByteStream(6 << 20, _memory, _time);
        Assert.Empty(first.Feed(Of(2 << 20)));
        var others = Enumerable.Range(0, 20).Select(_ => new ByteStream(6 << 20, _memory, _time)).ToList();
        foreach (var other in others) Assert.Empty(other.Feed(Of(3 << 20) + "\n"));
        Assert.All(others, other => Assert.True(other.WaitsForMemory));
        Assert.Single(first.Feed("\n"));
        foreach (var other in others.AsEnumerable().Reverse()) Assert.Equal(3 << 20, (await other.NextAsync()).Bytes.Length);
        Assert.Equal(0, _memory.Held);
    }

    [Fact]
    public async Task A_waiting_line_can_be_cancelled()
    {
        var (first, second) = (new ByteStream(6 << 20, _memory, _time), new ByteStream(6 << 20, _memory, _time));
        Assert.Empty(first.Feed(Of(2 << 20)));
        Assert.Empty(second.Feed(Of(2 << 20) + "\n"));
        second.Limit = LineReader.Small;
        Assert.Equal(LineFault.NoMemory, (await second.NextAsync()).Fault);
        Assert.Single(first.Feed("\n"));
    }

    private static string Of(int bytes) => new('a', bytes);
}
