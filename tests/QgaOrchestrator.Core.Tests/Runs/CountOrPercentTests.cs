using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Tests.Runs;

public class CountOrPercentTests
{
    [Theory]
    [InlineData("5", 200, 5)]
    [InlineData("10%", 200, 20)]
    [InlineData("10%", 19, 1)]
    [InlineData("10%", 9, 0)]
    [InlineData("100%", 7, 7)]
    public void A_percentage_is_of_the_targets_rounded_down(string text, int total, int expected) =>
        Assert.Equal(expected, CountOrPercent.Parse(text)!.Value.Of(total));

    [Theory]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("-1")]
    [InlineData("101%")]
    [InlineData("1.5")]
    [InlineData(" 5")]
    public void Other_text_is_neither_a_count_nor_a_percentage(string text) => Assert.Null(CountOrPercent.Parse(text));
}
