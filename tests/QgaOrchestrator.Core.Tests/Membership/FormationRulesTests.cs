using QgaOrchestrator.Core.Membership;

namespace QgaOrchestrator.Core.Tests.Membership;

public class FormationRulesTests
{
    private static readonly string[] Seeds = ["hv1:7071", "hv2:7071", "hv3:7071"];
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(100), Ripe = Start + FormationRules.Patience;

    [Theory]
    [InlineData(1, "", "waits for 2 of 3 seeds: hv2:7071, hv3:7071")]
    [InlineData(1, "hv2", "asks the seeds for their votes")]
    [InlineData(2, "hv1", "waits for hv1:7071 to begin the cluster")]
    [InlineData(3, "hv1 hv2", "waits for hv1:7071 to begin the cluster")]
    [InlineData(3, "hv2", "waits for hv2:7071 to begin the cluster")]
    [InlineData(4, "hv1 hv2 hv3", "waits for the seeds to begin the cluster")]
    [InlineData(4, "hv1", "waits for 2 of 3 seeds: hv2:7071, hv3:7071")]
    public void The_lowest_seed_in_contact_with_a_majority_asks_for_votes(int self, string answering, string waits)
    {
        var (state, effect) = Step(New(self), Ripe, [.. Named(answering).Select(host => Waiting(host))]);
        Assert.Equal(waits, state.WaitsFor);
        Assert.Equal(waits.StartsWith("asks", StringComparison.Ordinal), effect is FormationEffect.AskVotes);
    }

    [Fact]
    public void A_cluster_is_founded_with_the_votes_of_a_majority_and_in_time()
    {
        var state = Step(New(1), Ripe, Waiting("hv2")).State;
        Assert.Null(Votes(state, Ripe).Effect);
        Assert.Null(Votes(state, Ripe + FormationRules.VoteUse * 2, "hv2:7071").Effect);
        Assert.Null(Votes(state, Ripe, "hv9:7071", "hv8:7071").Effect);

        var (founded, effect) = Votes(state, Ripe, "hv2:7071");

        Assert.IsType<FormationEffect.Found>(effect);
        Assert.Equal("hv1.1", founded.Told([], Ripe).ClusterId);
        Assert.Null(Votes(founded, Ripe, "hv2:7071").Effect);
    }

    [Fact]
    public void A_young_process_founds_nothing_unless_all_seeds_are_new()
    {
        var (young, effect) = Step(New(1), Start, Waiting("hv2"), Waiting("hv3"));
        Assert.Null(effect);
        Assert.StartsWith("waits 16 s more before it begins a cluster", young.WaitsFor, StringComparison.Ordinal);

        var fresh = New(1) with { Self = Waiting("hv1") with { IsFresh = true } };
        Assert.Null(Step(fresh, Start, Waiting("hv2") with { IsFresh = true }, Waiting("hv3")).Effect);
        Assert.Null(Step(fresh, Start, Waiting("hv2") with { IsFresh = true }).Effect);
        Assert.IsType<FormationEffect.AskVotes>(
            Step(fresh, Start, Waiting("hv2") with { IsFresh = true }, Waiting("hv3") with { IsFresh = true }).Effect);
    }

    [Fact]
    public void A_vote_is_held_for_whom_it_was_given()
    {
        var (voter, first) = FormationRules.Vote(Step(New(3), Ripe, Waiting("hv2")).State, "hv2:7071", "hv2.1", Ripe);
        Assert.Null(first);
        Assert.Null(FormationRules.Vote(voter, "hv2:7071", "hv2.1", Ripe).Refusal);

        var later = Step(voter, Ripe, Waiting("hv1")).State;
        Assert.Contains("promised", FormationRules.Vote(later, "hv1:7071", "hv1.1", Ripe).Refusal, StringComparison.Ordinal);
        Assert.Null(FormationRules.Vote(later, "hv1:7071", "hv1.1", Ripe + FormationRules.VoteHeld).Refusal);
    }

    [Fact]
    public void No_vote_is_given_to_another_than_the_lowest_nor_where_a_cluster_is_known()
    {
        var all = Step(New(3), Ripe, Waiting("hv1"), Waiting("hv2")).State;
        Assert.Contains("hv1:7071", FormationRules.Vote(all, "hv2:7071", "hv2.1", Ripe).Refusal, StringComparison.Ordinal);
        var joining = Step(New(3), Ripe, Member("hv1")).State;
        Assert.Contains("knows", FormationRules.Vote(joining, "hv2:7071", "hv2.1", Ripe).Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_known_cluster_is_joined_at_once_by_its_members_that_work(int self)
    {
        var known = Member("hv2") with
        {
            Members =
            [
                Of("hv2"), Of("hv5"), Of("hv6") with { IsReachable = false }, Of("hv7") with { IsUp = false }, Of($"hv{self}"),
            ],
        };
        var (state, effect) = Step(New(self), Start, known, Waiting("hv1"));
        Assert.Equal(["hv2:7071", "hv5:7071"], Assert.IsType<FormationEffect.Join>(effect).Members);
        Assert.Equal("joins the cluster by hv2:7071", state.WaitsFor);
        Assert.Null(Step(state, Start, known).Effect);
        Assert.IsType<FormationEffect.Join>(Step(state, Start + FormationRules.JoinTries, known).Effect);
    }

    [Fact]
    public void Nothing_is_founded_while_a_seed_is_about_to_join()
    {
        var (state, effect) = Step(New(1), Ripe, Waiting("hv2"), Waiting("hv3") with { ClusterId = "c" });
        Assert.Null(effect);
        Assert.Equal("waits for hv3:7071, which is about to join a cluster", state.WaitsFor);
    }

    [Fact]
    public void While_two_clusters_are_told_of_none_is_joined() => Assert.Equal(
        (null, "waits until one of two clusters has ended, of which seeds tell"),
        Step(New(3), Ripe, Member("hv1"), Member("hv2") with { ClusterId = "other" }) is var (state, effect)
            ? (effect, state.WaitsFor)
            : default);

    [Theory]
    [InlineData("hv1:7071 hv2:7071 hv9:7071", null)]
    [InlineData("hv1:7071 hv8:7071 hv9:7071", 2)]
    [InlineData("hv1:7071 hv2:7071 hv3:7071 hv4:7071 hv5:7071", 2)]
    public void Another_list_of_seeds_ends_the_joiner_but_for_one_that_is_replaced(string seeds, int? code)
    {
        var effect = Step(New(3), Start, Member("hv1") with { Seeds = seeds.Split(' ') }).Effect;
        Assert.Equal(code, (effect as FormationEffect.End)?.ExitCode);
        Assert.Equal(code is null, effect is FormationEffect.Join);
    }

    [Theory]
    [InlineData(2, false, "hv2:7071: its Cluster.Seeds is hv2:7071, hv8:7071, hv9:7071")]
    [InlineData(4, true, "cannot join hv2:7071: its version 1.0 is more than one away")]
    public void Who_cannot_be_in_one_cluster_with_this_node_does_not_count(int version, bool same, string told)
    {
        var odd = Waiting("hv2") with { ClusterVersion = version, Seeds = same ? Seeds : ["hv2:7071", "hv8:7071", "hv9:7071"] };
        var (state, effect) = Step(New(1), Ripe, odd);
        Assert.Null(effect);
        Assert.Contains(told, state.WaitsFor, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hv0:7071", false, 2)]
    [InlineData("hv9:7071", false, null)]
    [InlineData("hv9:7071", true, 2)]
    public void Of_two_nodes_of_one_host_one_ends_and_names_the_other(string twin, bool isMember, int? code)
    {
        var other = Waiting("hv1") with { Address = twin, ClusterId = isMember ? "c" : null };
        var end = Step(New(1), Start, other).Effect as FormationEffect.End;
        Assert.Equal(code, end?.ExitCode);
        if (code is not null) Assert.Contains(twin, end!.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_of_this_host_that_does_not_answer_is_waited_for()
    {
        var known = Member("hv2") with { Members = [Of("hv2"), Of("hv1") with { Address = "old:7071" }] };
        var (state, effect) = Step(New(1), Start, known);
        Assert.Null(effect);
        Assert.Contains("old:7071", state.WaitsFor, StringComparison.Ordinal);
        Assert.Contains("old:7071", state.ToAsk);
        Assert.IsType<FormationEffect.Join>(Step(state, Start, Member("hv2")).Effect);
    }

    [Fact]
    public void A_member_that_finds_an_older_one_of_its_host_ends()
    {
        var state = Step(New(1), Start, Member("hv2")).State;
        PeerMember own = Of("hv1") with { Age = 3 }, twin = Of("hv1") with { Address = "other:7071", Age = 1 };
        Assert.Equal(2, (AsMember(state, Start, own, Of("hv2"), twin).Effect as FormationEffect.End)?.ExitCode);
        Assert.Null(AsMember(state, Start, own, Of("hv2"), twin with { Age = 4 }).Effect);
        Assert.Null(AsMember(state, Start, own, Of("hv2"), twin with { IsReachable = false }).Effect);
    }

    [Fact]
    public void A_member_without_a_majority_of_the_seeds_ends_after_a_while()
    {
        var state = AsMember(Step(New(1), Start, Member("hv2")).State, Start, Of("hv1"), Of("hv2")).State;
        Assert.Null(state.WaitsFor);
        var alone = AsMember(state, Start + FormationRules.Lonely, Of("hv1"), Of("hv2") with { IsReachable = false }, Of("hv4"));
        Assert.Null(alone.Effect);
        var end = AsMember(alone.State, Start + FormationRules.Lonely * 1.1, Of("hv1"), Of("hv4")).Effect;
        Assert.Equal(1, Assert.IsType<FormationEffect.End>(end).ExitCode);
    }

    [Fact]
    public void A_member_that_a_seed_of_its_cluster_does_not_count_any_more_ends()
    {
        var state = AsMember(Step(New(1), Start, Member("hv2")).State, Start, Of("hv1"), Of("hv2")).State;
        Assert.Equal(1, (Ask(Member("hv2")) as FormationEffect.End)?.ExitCode);
        Assert.Null(Ask(Member("hv2") with { Members = [Of("hv2"), Of("hv1")] }));
        Assert.Null(Ask(Member("hv2") with { Members = [Of("hv2") with { IsUp = false }] }));
        Assert.Null(Ask(Waiting("hv2")));

        FormationEffect? Ask(PeerState answer) => FormationRules.Step(
            state,
            new FormationInput.Round(
                new Dictionary<string, PeerState> { ["hv2:7071"] = answer }, true, [Of("hv1"), Of("hv2")]), Start).Effect;
    }

    [Fact]
    public void By_a_node_that_was_stopped_for_a_while_nobody_joins()
    {
        var state = AsMember(Step(New(1), Start, Member("hv2")).State, Start, Of("hv1"), Of("hv2")).State;
        Assert.Single(state.Told([Of("hv1")], Start).Members);
        Assert.Empty(state.Told([Of("hv1")], Start + FormationRules.Awake).Members);
    }

    private static Formation New(int host) => new(Waiting($"hv{host}"), Start);

    private static PeerState Waiting(string host) =>
        new(host, $"{host}:7071", "1.0", FormationRules.ClusterVersion, $"{host}.1", Seeds, [], null) { IsRipe = true };

    private static PeerState Member(string host) => Waiting(host) with { ClusterId = "c", Members = [Of(host)] };

    private static PeerMember Of(string host) => new(host, $"{host}:7071", true, true, 1);

    private static string[] Named(string hosts) => hosts.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static (Formation State, FormationEffect? Effect) Step(Formation state, TimeSpan now, params PeerState[] answers) =>
        FormationRules.Step(
            state, new FormationInput.Round(answers.ToDictionary(answer => answer.Address), false, []), now);

    private static (Formation State, FormationEffect? Effect) AsMember(
        Formation state, TimeSpan now, params PeerMember[] members) =>
        FormationRules.Step(state, new FormationInput.Round(new Dictionary<string, PeerState>(), true, members), now);

    private static (Formation State, FormationEffect? Effect) Votes(Formation state, TimeSpan now, params string[] votes) =>
        FormationRules.Step(state, new FormationInput.Votes(votes, Ripe), now);
}
