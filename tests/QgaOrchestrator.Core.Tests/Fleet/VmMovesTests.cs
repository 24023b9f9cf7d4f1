using QgaOrchestrator.Core.Fleet.Directory;
using QgaOrchestrator.Core.Tests.Vms;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Fleet;

public class VmMovesTests
{
    private static readonly VmSight Here = new(new("hv1", "web"), "u", "running"),
        There = new(new("hv2", "web"), "u", "inmigrate");

    private static VmSight Came => There with { RunState = "running", CameIn = true };

    private static VmSight Gone => Here with { RunState = "postmigrate" };

    [Fact]
    public void The_QEMU_that_waits_is_a_copy_until_the_guest_has_come()
    {
        Assert.Equal([There.Id], VmMoves.Copies([Here, There]));
        Assert.Equal([There.Id], VmMoves.Copies([Here with { RunState = "finish-migrate" }, There]));
        Assert.Equal([There.Id], VmMoves.Copies([Gone, There]));
        Assert.Equal([Gone.Id], VmMoves.Copies([Gone, Came]));
        Assert.Equal([Here.Id], VmMoves.Copies([Here with { IsAway = true, RunState = null }, Came]));
    }

    [Fact]
    public void A_QEMU_alone_and_two_with_guests_are_no_copies()
    {
        Assert.Empty(VmMoves.Copies([There]));
        Assert.Empty(VmMoves.Copies([Here, Came]));
        Assert.Empty(VmMoves.Copies([Here with { IsAway = true }, There with { RunState = "running" }]));
        Assert.Empty(VmMoves.Copies([Here with { Uuid = null }, There with { Uuid = null }]));
    }

    [Fact]
    public void The_place_of_a_guest_that_has_left_is_where_it_came_in_and_no_clone()
    {
        Assert.Equal(There.Id, VmMoves.PlaceOf(Here.Id, "u", [Gone, Came]));
        Assert.Null(VmMoves.PlaceOf(Here.Id, "u", [Gone, There]));
        Assert.Null(VmMoves.PlaceOf(Here.Id, "u", [Gone, There with { RunState = "running" }]));
        Assert.True(VmMoves.HasCopy(Here.Id, "u", [There]));
        Assert.False(VmMoves.HasCopy(Here.Id, "u", [Here, There with { RunState = "running" }]));
        Assert.False(VmMoves.HasCopy(Here.Id, null, [There with { Uuid = null }]));
    }

    [Fact]
    public void A_freeze_is_known_from_the_host_that_told_of_it_also_when_that_is_gone()
    {
        var frozen = Here with { Freeze = FreezeWord.Ours };
        var moves = VmMoves.None.Changed(null, frozen, Clock.At(0));
        Assert.Equal(FreezeWord.Ours, moves.WordOn(There.Id, "u", [frozen, Came]));

        moves = moves.Changed(frozen, null, Clock.At(1));
        Assert.Equal(FreezeWord.Ours, moves.WordOn(There.Id, "u", [Came]));
        Assert.Equal(FreezeWord.Unknown, moves.WordOn(There.Id, "other", [Came]));
        Assert.Equal(FreezeWord.Unknown, moves.WordOn(There.Id, null, [Came]));
    }

    [Fact]
    public void A_freeze_that_was_seen_to_end_is_remembered_no_more()
    {
        var frozen = Here with { Freeze = FreezeWord.Ours };
        var moves = VmMoves.None.Changed(frozen, Here with { IsSeenThawed = true }, Clock.At(0));
        Assert.Equal(FreezeWord.Unknown, moves.WordOn(There.Id, "u", [Came]));

        moves = VmMoves.None.Changed(frozen, null, Clock.At(0)).Changed(null, Came with { IsSeenThawed = true }, Clock.At(1));
        Assert.Equal(FreezeWord.Unknown, moves.WordOn(There.Id, "u", [Came]));
    }

    [Fact]
    public void Another_programs_freeze_is_told_as_that_and_ours_goes_before_it()
    {
        var others = Here with { Freeze = FreezeWord.Others };
        Assert.Equal(FreezeWord.Others, VmMoves.None.WordOn(There.Id, "u", [others, Came]));
        var left = VmMoves.None.Changed(Here with { Freeze = FreezeWord.Ours }, null, Clock.At(0));
        Assert.Equal(FreezeWord.Ours, left.WordOn(There.Id, "u", [others, Came]));
        // What the new host itself takes for another program's freeze says nothing of whose it is.
        Assert.Equal(FreezeWord.Unknown, VmMoves.None.WordOn(There.Id, "u", [Came with { Freeze = FreezeWord.Others }]));
    }
}
