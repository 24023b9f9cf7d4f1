using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>What a terminal shows otherwise than a pipe: colours, local times, true widths.</summary>
public sealed class TerminalTests
{
    private const string Token =
        """{"name":"ci","role":"viewer","created":"2026-11-23T12:00:00Z","expires":null,"lastUsed":null}""";

    [Fact]
    public async Task A_terminal_shows_local_times_with_their_zone_and_a_pipe_UTC()
    {
        var node = new FakeNode().Answers("GET /v1/tokens", Answers.Page(Token));
        var terminal = await Qga.RunAsync(node, ["token", "list"], host => host with { IsTerminal = true });
        var pipe = await Qga.RunAsync(node, ["token", "list"]);
        Assert.Contains("2026-11-23 13:00:00 +01:00", terminal.Out, StringComparison.Ordinal);
        Assert.Contains("2026-11-23T12:00:00Z", pipe.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, null, true)]
    [InlineData(true, "1", false)]
    [InlineData(false, null, false)]
    public async Task Colours_are_for_terminals_unless_NO_COLOR_says_no(bool isTerminal, string? noColor, bool colours)
    {
        var node = new FakeNode().Answers("GET /v1/runs", Answers.Page(Answers.Run("failed")));
        var ended = await Qga.RunAsync(node, ["run", "list"], host => host with
        {
            IsTerminal = isTerminal,
            Environment = name => name == "NO_COLOR" ? noColor : null,
        });
        Assert.Equal(colours, ended.Out.Contains("\e[31mfailed\e[0m", StringComparison.Ordinal));
        Assert.Equal(colours, ended.Out.Contains('\e', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("db1", 3)]
    [InlineData("数据库", 6)]
    [InlineData("é", 1)]
    [InlineData("e\u0301", 1)]
    [InlineData("👩‍👩‍👧", 2)]
    [InlineData("한글", 4)]
    [InlineData("✔", 1)]
    [InlineData("❤\uFE0F", 2)]
    public void A_text_is_as_wide_as_a_terminal_draws_it(string text, int width) => Assert.Equal(width, TextWidth.Of(text));

    [Theory]
    [InlineData("database", 5, "data…")]
    [InlineData("数据库", 5, "数据…")]
    [InlineData("数据库", 4, "数…")]
    [InlineData("e\u0301te\u0301", 2, "e\u0301…")]
    public void A_text_is_cut_between_its_characters(string text, int width, string cut) =>
        Assert.Equal(cut, TextWidth.Fit(text, width));

    [Fact]
    public void Columns_stand_under_each_other_whatever_is_in_them()
    {
        var to = new StringWriter { NewLine = "\n" };
        var table = new TextTable("VM", "OS");
        table.Add("数据库", "Debian");
        table.Add("e\u0301", "Alpine");
        table.Write(new Screen(to));
        Assert.Equal("VM      OS\n数据库  Debian\ne\u0301       Alpine\n", to.ToString());
    }
}
