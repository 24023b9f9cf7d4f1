using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Tests.Kinds.PasswordReset;

/// <summary>A host makes passwords for the recipients that the run was started with, and for no others.</summary>
public sealed class RecipientRefusalTests
{
    private static readonly ResetOptions Options = new(
        "root", 24, null, ResetProof.Hash, false, false, false, ResetMode.Rotate);

    [Theory]
    [InlineData("a b", "b a", null)]
    [InlineData("a b", "a", "1 missing, 0 more")]
    [InlineData("a", "a b", "0 missing, 1 more")]
    [InlineData("a", "b", "1 missing, 1 more")]
    [InlineData(null, "a", null)]
    [InlineData(null, "", "the escrow has no recipient")]
    [InlineData("a", "", "the escrow has no recipient")]
    public void A_host_whose_recipients_differ_refuses(string? fixedAtStart, string here, string? refusal)
    {
        var options = Options with { Recipients = fixedAtStart?.Split(' ') };
        var found = ResetRefusals.OfRecipients(options, here.Split(' ', StringSplitOptions.RemoveEmptyEntries), "hv2");
        if (refusal is null) Assert.Null(found);
        else Assert.Contains(refusal, found!.Value.Reason, StringComparison.Ordinal);
        if (here.Length > 0 && refusal is not null)
        {
            Assert.Contains("host hv2", found!.Value.Reason, StringComparison.Ordinal);
            Assert.Contains("qgactl host list", found.Value.Remedy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_current_password_again_needs_no_recipient() => Assert.Null(
        ResetRefusals.OfRecipients(Options with { Mode = ResetMode.Reapply, Recipients = ["a"] }, [], "hv2"));

    [Fact]
    public void What_is_fixed_is_journalled_with_the_options_and_absent_in_an_older_run()
    {
        var run = new RunOptions { MaxParallel = 1, MaxFailures = CountOrPercent.None, MaxUnreachable = CountOrPercent.None };
        Assert.Equal(["a", "b"], ResetOptions.Of((Options with { Recipients = ["a", "b"] }).In(run))!.Recipients);
        Assert.DoesNotContain(
            "recipients", Options.In(run).Own![ResetKind.Name].GetRawText(), StringComparison.Ordinal);
        Assert.Null(ResetOptions.Of(Options.In(run))!.Recipients);
    }
}
