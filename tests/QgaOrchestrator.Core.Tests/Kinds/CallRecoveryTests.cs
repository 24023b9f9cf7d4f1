using QgaOrchestrator.Core.Kinds;

namespace QgaOrchestrator.Core.Tests.Kinds;

/// <summary>What follows from what was kept of a guest that may have been asked.</summary>
public class AskedOnceTests
{
    [Theory]
    [InlineData(null, false, false, AskNext.Ask)]
    [InlineData(null, true, true, AskNext.Interrupted)]
    [InlineData("1 asked", false, false, AskNext.Unknown)]
    [InlineData("2 asked", true, false, AskNext.Unknown)]
    [InlineData("2 asked", true, true, AskNext.Ask)]
    [InlineData("1 followed", false, false, AskNext.Follow)]
    [InlineData("2 followed", true, false, AskNext.Follow)]
    [InlineData("2 ended", true, false, AskNext.Tell)]
    [InlineData("2 ended", false, false, AskNext.Tell)]
    [InlineData("1 ended", false, false, AskNext.Tell)]
    [InlineData("1 ended", true, false, AskNext.Tell)]
    [InlineData("3 asked", false, true, AskNext.Interrupted)]
    [InlineData("3 ended", true, true, AskNext.Interrupted)]
    public void A_guest_is_asked_for_its_second_attempt_only_where_nobody_may_have_asked_it(
        string? kept,
        bool resume,
        bool mayRepeat,
        AskNext next
    ) =>
        Assert.Equal(
            next,
            AskedOnce.Next(
                kept is null
                    ? null
                    : new AskedBefore(
                        kept[0] - '0',
                        kept.EndsWith("ended", StringComparison.Ordinal),
                        kept.EndsWith("followed", StringComparison.Ordinal)
                    ),
                attempt: 2,
                resume,
                mayRepeat
            )
        );
}
