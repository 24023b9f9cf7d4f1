using QgaOrchestrator.Core.Passwords;
using static QgaOrchestrator.Core.Passwords.GenerationState;

namespace QgaOrchestrator.Core.Tests.Passwords;

public class AccountRulesTests
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);
    private static readonly AccountLease Mine = new("r1", 3, 1);

    [Theory]
    // apply
    [InlineData("apply", Candidate, Applied)]
    [InlineData("apply", Applied, Applied)]
    [InlineData("apply", Current, Current)]
    [InlineData("apply", Retired, Retired)]
    [InlineData("apply", GenerationState.Void, GenerationState.Void)]
    // void: whatever a guest was seen to have taken is never called void
    [InlineData("void", Candidate, GenerationState.Void)]
    [InlineData("void", Applied, Applied)]
    [InlineData("void", Current, Current)]
    [InlineData("void", Previous, Previous)]
    [InlineData("void", Retired, Retired)]
    // promote: also one that was called never in force, since it is seen to be
    [InlineData("promote", Candidate, Current)]
    [InlineData("promote", Applied, Current)]
    [InlineData("promote", Current, Current)]
    [InlineData("promote", Previous, Current)]
    [InlineData("promote", Retired, Current)]
    [InlineData("promote", GenerationState.Void, Current)]
    // the promotion of a later one
    [InlineData("promote the next", Candidate, Retired)]
    [InlineData("promote the next", Applied, Retired)]
    [InlineData("promote the next", Current, Previous)]
    [InlineData("promote the next", Previous, Retired)]
    [InlineData("promote the next", Retired, Retired)]
    [InlineData("promote the next", GenerationState.Void, GenerationState.Void)]
    public void What_happens_to_a_generation(string what, GenerationState from, GenerationState to)
    {
        var account = new Account(new("u1", "root"), "hv1/db1") { Latest = 2, Generations = [Of(1, from), Of(2, Candidate)] };

        var after = what switch
        {
            "apply" => AccountRules.Apply(account, 1, null, T0),
            "void" => AccountRules.Void(account, 1, T0),
            "promote" => AccountRules.Promote(account, 1, Evidence.Login, null, T0),
            _ => AccountRules.Promote(account, 2, Evidence.Login, null, T0),
        };

        Assert.Equal(to, after.Find(1)!.State);
    }

    [Fact]
    public void A_promotion_notes_when_it_was_applied_and_verified_and_how()
    {
        var account = Made(2);
        account = AccountRules.Apply(account, 1, "f1", T0.AddSeconds(1));
        account = AccountRules.Promote(account, 1, Evidence.Hash, null, T0.AddSeconds(2));
        account = AccountRules.Promote(account, 2, Evidence.Acknowledged, "f2", T0.AddSeconds(5));

        var (first, second) = (account.Find(1)!, account.Find(2)!);
        Assert.Equal(
            (T0.AddSeconds(1), T0.AddSeconds(2), Evidence.Hash, "f1", T0.AddSeconds(5)),
            (first.Applied, first.Verified, first.Evidence, first.Fingerprint, first.Ended));
        Assert.Equal(
            (T0.AddSeconds(5), T0.AddSeconds(5), Evidence.Acknowledged, "f2", null),
            (second.Applied, second.Verified, second.Evidence, second.Fingerprint, second.Ended));
        Assert.Same(second, account.Current);
    }

    [Fact]
    public void Two_candidates_never_have_one_number()
    {
        var account = Made(1);
        Assert.Throws<InvalidOperationException>(() => AccountRules.Add(account, Of(1, Candidate)));
        Assert.Throws<InvalidOperationException>(() => AccountRules.Add(account, Of(3, Candidate)));
        Assert.Equal(2, AccountRules.Add(account, Of(2, Candidate)).Latest);
        account = AccountRules.Trim(AccountRules.Void(account, 1, T0), T0.AddDays(1), new HashSet<int>());
        Assert.Empty(account.Generations);
        Assert.Throws<InvalidOperationException>(() => AccountRules.Add(account, Of(1, Candidate)));
    }

    [Fact]
    public void One_item_has_the_account_until_it_is_settled_and_may_come_again()
    {
        var account = AccountRules.Lease(Made(0), Mine, _ => false)!;

        Assert.Null(AccountRules.Lease(account, new("r2", 3, 1), _ => false));
        Assert.Null(AccountRules.Lease(account, new("r1", 4, 1), _ => false));
        Assert.Equal(2, AccountRules.Lease(account, Mine with { Attempt = 2 }, _ => false)!.Lease!.Attempt);
        Assert.Equal("r2", AccountRules.Lease(account, new("r2", 3, 1), held => held == Mine)!.Lease!.Run);
        Assert.Equal(Mine, AccountRules.Release(account, new("r2", 3, 1)).Lease);
        Assert.Null(AccountRules.Release(account, Mine with { Attempt = 2 }).Lease);
    }

    [Fact]
    public void A_check_out_ends_when_another_generation_is_verified_and_not_when_the_same_is()
    {
        var account = AccountRules.Promote(Made(2), 1, Evidence.Hash, null, T0) with
        {
            Checkout = new("anna", T0, T0.AddHours(1), "repair"),
        };
        Assert.NotNull(AccountRules.Promote(account, 1, Evidence.Login, null, T0).Checkout);
        Assert.Null(AccountRules.Promote(account, 2, Evidence.Login, null, T0).Checkout);
    }

    [Theory]
    [InlineData("f4", false, InForce.Unverified, 4)]
    [InlineData("f3", false, InForce.Current, 3)]
    [InlineData("f2", true, InForce.Older, 2)]
    [InlineData("f1", false, InForce.Older, 1)]
    [InlineData("f9", true, InForce.Clone, 7)]
    [InlineData("f9", false, InForce.Foreign, null)]
    public void What_a_guests_entry_says(string fingerprint, bool owned, InForce told, int? generation)
    {
        var account = Four();
        var check = AccountRules.Compare(account, fingerprint, owned ? ("hv2/db9", 7) : null, T0);
        Assert.Equal(
            new AccountCheck(T0, told, generation, told == InForce.Clone ? "hv2/db9" : null), check);
    }

    [Theory]
    [InlineData(null, null, "4 3")]
    [InlineData(InForce.Current, 3, "3 4")]
    [InlineData(InForce.Older, 1, "1 4")]
    [InlineData(InForce.Unverified, 4, "4")]
    [InlineData(InForce.Foreign, null, "4")]
    [InlineData(InForce.Clone, 7, "4")]
    public void The_generations_of_which_one_is_in_force(InForce? seen, int? generation, string possible)
    {
        var account = Four() with { Check = seen is { } told ? new(T0.AddDays(9), told, generation) : null };
        Assert.Equal(possible, string.Join(' ', AccountRules.Possible(account).Select(one => one.Number)));
    }

    [Theory]
    [InlineData(null, "3")]
    [InlineData(InForce.Older, "2")]
    [InlineData(InForce.Foreign, "")]
    [InlineData(InForce.Clone, "")]
    public void With_none_on_its_way_the_last_look_is_the_whole_truth(InForce? seen, string possible)
    {
        var account = AccountRules.Void(Four(), 4, T0) with { Check = seen is { } told ? new(T0.AddDays(9), told, 2) : null };
        Assert.Equal(possible, string.Join(' ', AccountRules.Possible(account).Select(one => one.Number)));
    }

    [Theory]
    [InlineData(Candidate, true)]
    [InlineData(Applied, true)]
    [InlineData(Current, true)]
    [InlineData(Previous, true)]
    [InlineData(Retired, false)]
    [InlineData(GenerationState.Void, false)]
    public void What_nobody_needs_leaves_in_time_and_only_that(GenerationState state, bool stays)
    {
        var account = new Account(new("u1", "root"), "hv1/db1") { Latest = 1, Generations = [Of(1, state) with { Ended = T0 }] };

        Assert.Equal(stays, AccountRules.Trim(account, T0.AddTicks(1), new HashSet<int>()).Find(1) is not null);
        Assert.NotNull(AccountRules.Trim(account, T0, new HashSet<int>()).Find(1));
        Assert.NotNull(AccountRules.Trim(account, T0.AddTicks(1), new HashSet<int> { 1 }).Find(1));
    }

    /// <summary>Retired, previous, current, candidate.</summary>
    private static Account Four() => new(new("u1", "root"), "hv1/db1")
    {
        Latest = 4,
        Generations = [Of(1, Retired), Of(2, Previous), Of(3, Current), Of(4, Candidate)],
    };

    private static Account Made(int count) => Enumerable.Range(1, count)
        .Aggregate(
            new Account(new("u1", "root"), "hv1/db1"), (account, number) => AccountRules.Add(account, Of(number, Candidate)));

    private static Generation Of(int number, GenerationState state) =>
        new(number, T0, "r1", 3, null, null) { State = state, Fingerprint = $"f{number}" };
}
