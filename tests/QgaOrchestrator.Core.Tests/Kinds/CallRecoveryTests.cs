using QgaOrchestrator.Core.Kinds;

namespace QgaOrchestrator.Core.Tests.Kinds;

/// <summary>What follows from what was kept of a guest that may have been asked.</summary>
public class CallRecoveryTests
{
    [Theory]
    [InlineData(null, false, false, CallStep.Call)]
    [InlineData(null, true, false, CallStep.Interrupted)]
    [InlineData(null, true, true, CallStep.Call)]
    [InlineData("1 asked", false, false, CallStep.Unknown)]
    [InlineData("2 asked", true, false, CallStep.Unknown)]
    [InlineData("2 asked", true, true, CallStep.Call)]
    [InlineData("1 followed", false, false, CallStep.Follow)]
    [InlineData("2 followed", true, false, CallStep.Follow)]
    [InlineData("2 ended", true, false, CallStep.Report)]
    [InlineData("2 ended", false, false, CallStep.Report)]
    [InlineData("1 ended", false, false, CallStep.Report)]
    [InlineData("1 ended", true, false, CallStep.Report)]
    [InlineData("3 asked", false, true, CallStep.Interrupted)]
    [InlineData("3 ended", true, true, CallStep.Interrupted)]
    public void A_guest_is_asked_for_its_second_attempt_only_where_nobody_may_have_asked_it(
        string? kept,
        bool resume,
        bool mayRepeat,
        CallStep next
    ) =>
        Assert.Equal(
            next,
            CallRecovery.Next(
                kept is null
                    ? null
                    : new KeptCall(
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
