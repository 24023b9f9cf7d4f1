using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Limits;

namespace QgaOrchestrator.Node.Tests.Http.Limits;

public sealed class TokenBudgetsTests
{
    private readonly ManualTime _time = new();
    private readonly TokenBudgets _budgets;

    public TokenBudgetsTests() => _budgets = new(_time);

    [Theory]
    [InlineData(Role.Viewer)]
    [InlineData(Role.Operator)]
    [InlineData(Role.Admin)]
    public void A_token_has_so_many_requests_under_way_and_a_place_that_is_left_is_free(Role role)
    {
        var limits = RoleLimits.Of(role);
        var places = Enumerable.Range(0, limits.AtOnce).Select(_ => Enter("a", role).Place!).ToList();

        Assert.Equal($"{limits.AtOnce} requests at once", Enter("a", role).Limit);
        Assert.NotNull(Enter("b", role).Place);
        places[0].Dispose();
        Assert.NotNull(Enter("a", role).Place);
    }

    [Fact]
    public void A_token_asks_so_often_a_second_and_is_told_how_long_to_wait()
    {
        var limits = RoleLimits.Of(Role.Viewer);
        for (var i = 0; i < 2 * limits.PerSecond; i++) Enter("a", Role.Viewer).Place!.Dispose();

        var refused = Enter("a", Role.Viewer);
        Assert.Equal((null, $"{limits.PerSecond} requests a second"), (refused.Place, refused.Limit));
        Assert.InRange(refused.Wait.TotalSeconds, 0.04, 0.06);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(limits.PerSecond, Enumerable.Range(0, limits.PerSecond + 5).Count(_ => Leave(Enter("a", Role.Viewer))));
    }

    [Fact]
    public void Streams_and_large_bodies_have_places_of_their_own()
    {
        var limits = RoleLimits.Of(Role.Operator);
        for (var i = 0; i < limits.Streams; i++) Enter("a", Role.Operator, RequestWeight.Stream);
        for (var i = 0; i < limits.LargeBodies; i++) Enter("a", Role.Operator, RequestWeight.LargeBody);

        Assert.Equal($"{limits.Streams} event streams at once", Enter("a", Role.Operator, RequestWeight.Stream).Limit);
        Assert.Equal($"{limits.LargeBodies} large bodies at once", Enter("a", Role.Operator, RequestWeight.LargeBody).Limit);
        Assert.NotNull(Enter("a", Role.Operator).Place);
    }

    [Fact]
    public void A_viewer_has_less_of_everything_than_an_operator()
    {
        var (viewer, someone) = (RoleLimits.Of(Role.Viewer), RoleLimits.Of(Role.Operator));
        Assert.True(
            viewer.PerSecond < someone.PerSecond
                && viewer.AtOnce < someone.AtOnce
                && viewer.Streams < someone.Streams
                && viewer.LargeBodies < someone.LargeBodies
        );
    }

    private Entrance Enter(string name, Role role, RequestWeight weight = RequestWeight.Usual) =>
        _budgets.Enter(new(name, role, null, default), weight);

    private static bool Leave(Entrance entrance)
    {
        entrance.Place?.Dispose();
        return entrance.Place is not null;
    }
}
