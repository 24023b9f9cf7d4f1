using QgaOrchestrator.Node.Http.Limits;

namespace QgaOrchestrator.Node.Tests.Http.Limits;

public sealed class ConnectionBookTests
{
    private readonly ManualTime _time = new();
    private readonly ConnectionBook _book;
    private readonly List<string> _dropped = [];

    public ConnectionBookTests() => _book = new(_time) { Most = 3 };

    [Fact]
    public void A_newcomer_gets_the_place_of_the_stranger_that_has_been_idle_longest()
    {
        Arrive("a");
        Ask(Arrive("known"), known: true);
        Arrive("b");

        Arrive("c");
        Arrive("d");

        Assert.Equal(["a", "b"], _dropped);
        Assert.Equal(3, _book.Count);
    }

    [Fact]
    public void With_only_idle_token_holders_the_longest_idle_connection_is_closed()
    {
        var first = Arrive("first");
        Ask(first, known: true);
        Ask(Arrive("second"), known: true);
        Ask(Arrive("third"), known: true);
        Ask(first, known: false);

        Arrive("new");

        Assert.Equal(["second"], _dropped);
    }

    [Fact]
    public void A_request_under_way_is_not_dropped_and_where_all_are_that_a_newcomer_is_refused()
    {
        foreach (var name in new[] { "a", "b", "c" }) _book.Begin(Arrive(name));

        Assert.Null(_book.Arrive(() => { }));

        Assert.Empty(_dropped);
        Assert.Equal(3, _book.Count);
    }

    [Fact]
    public void A_stranger_that_asks_nothing_is_dropped_soon_and_a_token_holder_is_not()
    {
        Arrive("idle");
        Ask(Arrive("known"), known: true);
        var probe = Arrive("probe");
        _time.Advance(ConnectionBook.StrangerTime - TimeSpan.FromSeconds(1));
        Ask(probe, known: false);

        _time.Advance(TimeSpan.FromSeconds(1));
        _book.Sweep();

        Assert.Equal(["idle"], _dropped);
        _time.Advance(TimeSpan.FromHours(1));
        _book.Sweep();
        Assert.Equal(["idle", "probe"], _dropped);
    }

    [Fact]
    public void A_closed_connection_frees_its_place_once()
    {
        var a = Arrive("a");
        var b = Arrive("b");
        _book.Leave(a);
        _book.Leave(a);
        _book.Begin(b);
        _book.Leave(b);
        _book.End(b, known: true);

        Assert.Equal(0, _book.Count);
        foreach (var name in new[] { "c", "d", "e" }) Arrive(name);
        Assert.Empty(_dropped);
    }

    [Fact]
    public void When_places_are_taken_for_VMs_the_idle_go_with_the_next_newcomer()
    {
        foreach (var name in new[] { "a", "b", "c" }) Arrive(name);
        _book.Most = 1;

        Arrive("d");

        Assert.Equal(["a", "b", "c"], _dropped);
        Assert.Equal(1, _book.Count);
    }

    private ConnectionBook.Connection Arrive(string name) => _book.Arrive(() => _dropped.Add(name))!;

    private void Ask(ConnectionBook.Connection connection, bool known)
    {
        _book.Begin(connection);
        _book.End(connection, known);
    }
}
