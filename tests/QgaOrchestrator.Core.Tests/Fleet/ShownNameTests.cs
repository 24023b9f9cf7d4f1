using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Core.Tests.Fleet;

public class ShownNameTests
{
    [Theory]
    [InlineData("db-1.shop_a", "db-1.shop_a")]
    [InlineData("my vm", "my vm")]
    [InlineData(" vm ", @"\u0020vm\u0020")]
    [InlineData("größe", "größe")]
    [InlineData("a\x1b[31mred", @"a\u001b[31mred")]
    [InlineData("a\nb", @"a\u000ab")]
    [InlineData("a\u202eb", @"a\u202eb")]
    [InlineData("a\u00a0b", @"a\u00a0b")]
    [InlineData("a%2Fb", @"a\u00252Fb")]
    [InlineData(@"a\u001bb", @"a\u005cu001bb")]
    public void An_unprintable_character_is_shown_as_its_code_point(string found, string shown) =>
        Assert.Equal(shown, ShownName.Of(found));

    [Fact]
    public void A_long_name_is_cut_and_says_so()
    {
        var shown = ShownName.Of(new string('x', 300));
        Assert.Equal((129, '…'), (shown.Length, shown[^1]));
    }
}
