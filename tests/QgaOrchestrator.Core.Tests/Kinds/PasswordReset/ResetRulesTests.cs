using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Core.Tests.Kinds.PasswordReset;

public class ResetRulesTests
{
    private static readonly AccountId Id = new("u1", "root");
    private static readonly ResetOptions Options =
        new("root", 24, null, ResetProof.Hash, false, false, false, ResetMode.Rotate);

    [Fact]
    public void A_refusal_that_has_changed_the_entry_is_a_success() => Play(Options)
        .Sees("before").Makes("$y$").Answers(SendAnswer.Refused).Sees("h1").EndsPromoted(1, Evidence.Hash);

    [Fact]
    public void A_refusal_that_has_changed_nothing_retires_the_candidate() => Play(Options)
        .Sees("before").Makes("$y$").Answers(SendAnswer.Refused).Sees("before")
        .Records(new EscrowChange.Refused(1), new EscrowChange.Released()).Ends(ItemState.Failed);

    [Fact]
    public void A_lost_reply_sends_the_same_hash_again_where_the_entry_is_as_before() => Play(Options)
        .Sees("before").Makes("$y$").Answers(SendAnswer.Lost).Pauses().Sees("before").Answers(SendAnswer.Done)
        .Records(new EscrowChange.Applied(1, null)).Sees("h1").EndsPromoted(1, Evidence.Hash);

    [Fact]
    public void An_acknowledgement_that_has_changed_nothing_is_a_failure() => Play(Options)
        .Sees("before").Makes("$y$").Answers(SendAnswer.Done).Records(new EscrowChange.Applied(1, null)).Sees("before")
        .Records(new EscrowChange.Released()).Ends(ItemState.Failed);

    [Fact]
    public void Another_ones_change_meanwhile_stops_it_and_keeps_the_candidate() => Play(Options)
        .Sees("before").Makes("$y$").Answers(SendAnswer.Lost).Pauses().Sees("foreign")
        .Records(new EscrowChange.Seen("foreign"), new EscrowChange.Released()).Ends(ItemState.Failed);

    [Fact]
    public void Windows_is_sent_the_password_itself_and_proves_it_by_a_login() => Play(Options)
        .Sees("before", GuestSystem.Windows).Makes(null).Answers(SendAnswer.Done).Records(new EscrowChange.Applied(1, null))
        .Sees("after", GuestSystem.Windows).TestsLogin(LoginTest.Right).EndsPromoted(1, Evidence.Login, "after");

    [Fact]
    public void A_policy_that_refuses_gets_three_passwords_and_no_more()
    {
        var play = Play(Options).Sees("before", GuestSystem.Windows);
        for (var number = 1; number <= ResetRules.MostCandidates; number++)
            play.Makes(null).Answers(SendAnswer.Refused).Sees("before", GuestSystem.Windows)
                .Records(new EscrowChange.Refused(number));
        play.Records(new EscrowChange.Released()).Ends(ItemState.Failed);
    }

    [Fact]
    public void A_crash_before_a_login_was_tested_makes_a_new_candidate_and_keeps_the_old_one()
    {
        var account = AccountRules.Add(new Account(Id, "h/v"), Made(1, "before"));
        Play(Options with { Verify = ResetProof.Login }, account)
            .Sees("h1").Makes("$y$", before: "h1").Answers(SendAnswer.Done).Records(new EscrowChange.Applied(2, null))
            .Sees("h2").TestsLogin(LoginTest.Right).EndsPromoted(2, Evidence.Login, "h2");
    }

    [Fact]
    public void A_candidate_that_an_earlier_actor_has_made_meanwhile_is_looked_at_and_sent_again() => Play(Options)
        .Sees("before").IsOvertaken(Made(1, "before")).Sees("before").Answers(SendAnswer.Done)
        .Records(new EscrowChange.Applied(1, null)).Sees("h1").EndsPromoted(1, Evidence.Hash);

    [Fact]
    public void A_crash_behind_the_promotion_tells_the_success_again()
    {
        var account = AccountRules.Promote(
            AccountRules.Add(new Account(Id, "h/v"), Made(1, "before")), 1, Evidence.Hash, null, DateTimeOffset.UnixEpoch);
        Play(Options, account).Records(new EscrowChange.Released()).Ends(ItemState.Succeeded);
    }

    [Fact]
    public void What_never_left_the_host_is_void_and_unreachable()
    {
        var play = Play(Options).Sees("before").Makes("$y$");
        for (var tries = 0; tries < ResetRules.MostTries; tries++) play.IsNotSent(passing: true).Pauses().Sees("before");
        play.Records(new EscrowChange.Voided(1), new EscrowChange.Released()).Ends(ItemState.Unreachable);
    }

    [Fact]
    public void What_may_have_been_sent_and_is_never_heard_of_is_unknown()
    {
        var play = Play(Options).Sees("before").Makes("$y$").Answers(SendAnswer.Lost);
        for (var tries = 1; tries < ResetRules.MostTries; tries++) play.Pauses().Hears(new EntryLook.NotHeard("away", null));
        play.Pauses().Hears(new EntryLook.NotHeard("away", null)).Records(new EscrowChange.Released()).Ends(ItemState.Unknown);
    }

    [Fact]
    public void A_guest_that_cannot_prove_it_is_not_touched_unless_that_is_accepted()
    {
        var blind = new EntryLook.Impossible("guest-exec is disabled", GuestSystem.Linux);
        Play(Options).Hears(blind).Records(new EscrowChange.Released()).Ends(ItemState.Failed);
        Play(Options with { AcceptUnverified = true }).Hears(blind).Makes("$6$", before: null).Answers(SendAnswer.Done)
            .EndsPromoted(1, Evidence.Acknowledged);
    }

    [Fact]
    public void An_abort_ends_what_has_not_begun_and_not_what_is_in_the_escrow()
    {
        Play(Options).Aborts().Sees("before").Records(new EscrowChange.Released()).Ends(ItemState.Cancelled);
        Play(Options).Sees("before").Makes("$y$").Aborts().Answers(SendAnswer.Done)
            .Records(new EscrowChange.Applied(1, null)).Sees("h1").EndsPromoted(1, Evidence.Hash);
    }

    [Fact]
    public void The_current_password_is_set_again_by_its_hash_and_only_where_another_is_in_force()
    {
        var account = AccountRules.Promote(
            AccountRules.Add(new Account(Id, "h/v"), Made(1, "before") with { Run = "earlier" }), 1, Evidence.Hash, null,
            DateTimeOffset.UnixEpoch);
        var again = Options with { Mode = ResetMode.Reapply };
        Play(again, account).Sees("h1").EndsPromoted(1, Evidence.Hash);
        Play(again, account).Sees("restored").Answers(SendAnswer.Done).Records(new EscrowChange.Applied(1, null)).Sees("h1")
            .EndsPromoted(1, Evidence.Hash);
        Play(again).Records(new EscrowChange.Released()).Ends(ItemState.Failed);
    }

    [Theory]
    [InlineData("locked", nameof(ResetOptions.Unlock))]
    [InlineData("must change its password", nameof(ResetOptions.ClearMustChange))]
    [InlineData("tests a login", nameof(ResetOptions.AcceptUnverified))]
    [InlineData("expired", null)]
    [InlineData("logs what it is sent", null)]
    public void An_account_in_an_odd_state_is_refused_unless_its_option_says_otherwise(string reason, string? option)
    {
        var entry = new GuestEntry("before") { Scheme = "$6$", CanTestLogin = true };
        entry = reason switch
        {
            "locked" => entry with { Locked = true },
            "must change its password" => entry with { MustChange = true },
            "tests a login" => entry with { CanTestLogin = false },
            "expired" => entry with { Expired = true },
            _ => entry with { AgentLogsInput = true },
        };
        var options = Options with { Verify = ResetProof.Login };
        var look = new EntryLook.Found(entry, GuestSystem.Linux);
        var (found, remedy) = Assert.Single(ResetRefusals.Of(look, options));
        Assert.Contains(reason, found, StringComparison.Ordinal);
        Assert.NotEmpty(remedy);
        options = option switch
        {
            nameof(ResetOptions.Unlock) => options with { Unlock = true },
            nameof(ResetOptions.ClearMustChange) => options with { ClearMustChange = true },
            nameof(ResetOptions.AcceptUnverified) => options with { AcceptUnverified = true },
            _ => options with { Unlock = true, ClearMustChange = true, AcceptUnverified = true },
        };
        Assert.Equal(option is null ? 1 : 0, ResetRefusals.Of(look, options).Count);
    }

    private static Generation Made(int number, string before) =>
        new(number, DateTimeOffset.UnixEpoch, "r", 0, $"h{number}", before) { Fingerprint = $"h{number}" };

    private static ResetPlay Play(ResetOptions options, Account? account = null)
    {
        var lease = new AccountLease("r", 0, 1);
        return new ResetPlay(options, AccountRules.Lease(account ?? new Account(Id, "h/v"), lease, _ => true)!, lease);
    }
}
