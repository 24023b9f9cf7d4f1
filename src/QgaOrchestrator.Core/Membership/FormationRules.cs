using System.Collections.Immutable;
using System.Globalization;

namespace QgaOrchestrator.Core.Membership;

/// <summary>
/// How nodes find into one cluster, and never into two. A node joins the cluster that any seed knows. Where none knows one, the
/// lowest seed founds it with the votes of a majority of all seeds.
/// <para>Why there are never two: a member that has had no majority of the seeds with it for <see cref="Lonely"/> ends. A seed
/// votes only when its process is <see cref="Patience"/> old and was no member, so a cluster that it had helped to a majority
/// before has ended by then. Two founders cannot both have a majority, since a vote is held (<see cref="VoteHeld"/>) until the
/// first one has a majority with it, or has ended. Seeds that have never been members need no patience.</para>
/// </summary>
public static class FormationRules
{
    /// <summary>Of what nodes say to each other. Nodes whose versions differ by more than one are no cluster.</summary>
    public const int ClusterVersion = 1;

    /// <summary>How old a process must be to found a cluster or to vote: longer than a member can live without a majority, which
    /// is <see cref="Lonely"/> and the 7 s at most until a lost connection shows.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(16);

    /// <summary>How long a member lives without a majority of the seeds.</summary>
    public static readonly TimeSpan Lonely = TimeSpan.FromSeconds(8);

    /// <summary>How long a seed votes for nobody else: longer than a founder lives whom nobody joins.</summary>
    public static readonly TimeSpan VoteHeld = TimeSpan.FromSeconds(12);

    /// <summary>How long votes serve whom they are for, from the question: shorter than they are held.</summary>
    public static readonly TimeSpan VoteUse = TimeSpan.FromSeconds(1);

    /// <summary>A node that has asked nobody for this long may have been stopped.</summary>
    public static readonly TimeSpan Awake = TimeSpan.FromSeconds(3);

    /// <summary>After this time without an effect a join is tried again, with what the seeds say then.</summary>
    public static readonly TimeSpan JoinTries = TimeSpan.FromSeconds(15);

    public static (Formation State, FormationEffect? Effect) Step(Formation state, FormationInput input, TimeSpan now) =>
        (input, state.Phase) switch
        {
            (_, FormationPhase.Ending) => (state, null),
            (FormationInput.Round round, _) => Next(Heard(state, round, now), round, now),
            (FormationInput.Votes votes, FormationPhase.Waiting) => Counted(state, votes, now),
            _ => (state, null),
        };

    /// <summary>Whether this seed gives its vote to another that wants to found a cluster.</summary>
    /// <returns>Null: it does. Else why not.</returns>
    public static (Formation State, string? Refusal) Vote(Formation state, string address, string incarnation, TimeSpan now)
    {
        var refusal = state.Phase is not FormationPhase.Waiting ? $"{state.Self.Address} knows a cluster"
            : Candidate(state, now) is not { } candidate ? $"{state.Self.Address} {state.WaitsFor}"
            : candidate != address ? $"{state.Self.Address} would have {candidate} begin the cluster"
            : IsHeldForAnother(state, address, incarnation, now) ? $"{state.Self.Address} has promised its vote to another"
            : null;
        return refusal is null ? (state with { Vote = new(address, incarnation, now) }, null) : (state, refusal);
    }

    /// <summary>Whether nodes of these versions may be one cluster.</summary>
    public static bool Fits(int version) => Math.Abs(version - ClusterVersion) <= 1;

    /// <summary>The same seeds, but for one that was replaced.</summary>
    public static bool SameSeeds(IReadOnlyList<string> one, IReadOnlyList<string> other) =>
        one.Count == other.Count && one.Except(other).Count() <= 1;

    private static Formation Heard(Formation state, FormationInput.Round round, TimeSpan now)
    {
        var answers = round.Answers.ToImmutableDictionary();
        return state with
        {
            Answers = answers,
            LastRound = now,
            Namesakes = [.. answers.Values.SelectMany(peer => peer.Members).Where(member => IsNamesake(state, member))
                .Select(member => member.Address)],
        };
    }

    private static (Formation, FormationEffect?) Next(Formation state, FormationInput.Round round, TimeSpan now)
    {
        if (round.IsMember || state.Phase is FormationPhase.Member) return AsMember(state, round, now);
        if (Twin(state) is { } twin)
            return End(state, 2, $"{twin.Address} is a node of the host {twin.Host}, too, and it lives. Give this one another "
                + "Node.Host, or stop that one");
        if (state.Answers.Values.FirstOrDefault(peer => Knows(peer) && !SameSeeds(peer.Seeds, state.Self.Seeds)) is { } other)
            return End(state, 2, $"Cluster.Seeds is {Spoken(state.Self.Seeds)} here, and {Spoken(other.Seeds)} at "
                + $"{other.Address}, a member of the cluster. Let the list be the same on every node; one entry may differ while "
                + "a seed is replaced");
        if (state.Phase is FormationPhase.Joining { Since: var since } && now - since < JoinTries) return (state, null);
        if (Peers(state).Select(peer => peer.ClusterId).OfType<string>().Distinct().Skip(1).Any())
            return (state with { WaitsFor = "waits until one of two clusters has ended, of which seeds tell" }, null);
        return Peers(state).FirstOrDefault(peer => JoinableAt(state, peer).Count > 0) is { } known
            ? Join(state, known, now)
            : Wait(state with { Phase = new FormationPhase.Waiting() }, now);
    }

    private static (Formation, FormationEffect?) Join(Formation state, PeerState known, TimeSpan now)
    {
        var own = known.Members.FirstOrDefault(member => IsNamesake(state, member));
        return own is not null
            ? (state with
            {
                Phase = new FormationPhase.Waiting(),
                WaitsFor = $"waits until the cluster removes {own.Address}, a node of this host that does not answer",
            }, null)
            : (state with
            {
                Phase = new FormationPhase.Joining(known.ClusterId!, known.Address, now),
                WaitsFor = $"joins the cluster by {known.Address}",
            }, new FormationEffect.Join(JoinableAt(state, known)));
    }

    private static (Formation, FormationEffect?) Wait(Formation state, TimeSpan now)
    {
        var answering = Peers(state).ToList();
        if (answering.Find(Knows) is { } knowing)
            return (state with { WaitsFor = $"waits for {knowing.Address}, which is about to join a cluster" }, null);
        if (Candidate(state, now) is not { } candidate) return (state with { WaitsFor = Missing(state, now) }, null);
        var own = state.Self.Address;
        var first = IsHeldForAnother(state, candidate, state.Self.Incarnation, now) ? state.Vote!.Address : candidate;
        return first != own
            ? (state with { WaitsFor = $"waits for {first} to begin the cluster" }, null)
            : (state with { WaitsFor = "asks the seeds for their votes", Vote = new(own, state.Self.Incarnation, now) },
                new FormationEffect.AskVotes(
                    [.. InContact(state, now).Select(seed => seed.Address).Where(seed => seed != own)]));
    }

    private static (Formation, FormationEffect?) Counted(Formation state, FormationInput.Votes votes, TimeSpan now) =>
        now - votes.AskedAt > VoteUse
        || state.Vote?.Address != state.Self.Address
        || votes.For.Intersect(state.Self.Seeds).Append(state.Self.Address).Distinct().Count() < state.Majority
        || Candidate(state, now) != state.Self.Address
            ? (state, null)
            : (state with
            {
                Phase = new FormationPhase.Member(state.Self.Incarnation, now),
                WaitsFor = "begins a cluster",
            }, new FormationEffect.Found());

    private static (Formation, FormationEffect?) AsMember(Formation state, FormationInput.Round round, TimeSpan now)
    {
        var me = round.Members.FirstOrDefault(member => member.Address == state.Self.Address);
        if (round.Members.FirstOrDefault(
                member => IsNamesake(state, member) && member.IsReachable && IsOlder(member, me)) is { } twin)
            return End(state, 2, $"{twin.Address} is a node of the host {twin.Host}, too, and was there before. Give this one "
                + "another Node.Host, or stop that one");
        var id = state.Phase.ClusterId ?? Peers(state).Select(peer => peer.ClusterId).OfType<string>().FirstOrDefault()
            ?? state.Self.Incarnation;
        if (me is { IsUp: true } && state.Answers.Values.FirstOrDefault(peer => HasRemoved(peer, state, id)) is { } other)
            return End(state, 1, $"{other.Address} says that the cluster has removed it. When it is started again it joins as a "
                + "new member");
        var backed = Backing(state, round) >= state.Majority ? now : Backed(state.Phase, now);
        if (now - backed > Lonely)
            return End(state, 1, $"a majority of {Spoken(state.Self.Seeds)} has not been in contact for {Seconds(Lonely)} s: "
                + "they may be a cluster of their own. This node ends, and when it is started again it waits for them");
        return (state with
        {
            Phase = new FormationPhase.Member(id, backed),
            WaitsFor = me is { IsUp: true } ? null : "is a member of the cluster, and not up yet",
        }, null);
    }

    /// <summary>A member of the same cluster that does not count this one among its members any more. One that is not up itself
    /// may not have heard of all members yet.</summary>
    private static bool HasRemoved(PeerState peer, Formation state, string id) =>
        peer.ClusterId == id && peer.Members.Any(member => member.Address == peer.Address && member.IsUp)
        && peer.Members.All(member => member.Address != state.Self.Address);

    /// <summary>How many seeds are in the cluster of this member, and in contact with it, itself included.</summary>
    private static int Backing(Formation state, FormationInput.Round round) => state.Self.Seeds.Count(seed =>
        seed == state.Self.Address || round.Members.Any(member => member.Address == seed && member.IsReachable));

    private static TimeSpan Backed(FormationPhase phase, TimeSpan now) => phase switch
    {
        FormationPhase.Member member => member.Backed,
        FormationPhase.Joining joining => joining.Since,
        _ => now,
    };

    /// <summary>The seed that is to found the cluster, as this node sees it; null: this node votes for none, yet.</summary>
    private static string? Candidate(Formation state, TimeSpan now)
    {
        if (!state.IsSeed || Peers(state).Any(Knows)) return null;
        var contact = InContact(state, now);
        if (contact.Count < state.Majority) return null;
        var all = contact.Count == state.Self.Seeds.Count && contact.All(seed => seed.IsFresh);
        return all || state.IsRipe(now)
            ? contact.Where(seed => all || seed.IsRipe).Select(seed => seed.Address).Min(StringComparer.Ordinal)
            : null;
    }

    private static string Missing(Formation state, TimeSpan now)
    {
        if (Odd(state) is { } odd) return odd;
        var contact = InContact(state, now);
        string[] missing = [.. state.Self.Seeds.Except(contact.Select(seed => seed.Address))];
        if (contact.Count >= state.Majority && state.IsSeed)
            return $"waits {Seconds(state.Started + Patience - now)} s more before it begins a cluster, in case that there is one"
                + (missing.Length == 0 ? "" : $"; {string.Join(", ", missing)} do not answer");
        return missing.Length > 0
            ? $"waits for {missing.Length} of {state.Self.Seeds.Count} seeds: {string.Join(", ", missing)}"
            : "waits for the seeds to begin the cluster";
    }

    /// <summary>An answer that does not count, where that may be all that is missing.</summary>
    private static string? Odd(Formation state) =>
        state.Answers.FirstOrDefault(answer => answer.Key != answer.Value.Address) is { Key: { } asked, Value: { } moved }
            ? $"asked {asked}, and the node there calls itself {moved.Address}. Let Cluster.Seeds name it as its own "
                + "Cluster.Hostname and Cluster.Port do"
        : state.Answers.Values.FirstOrDefault(peer => !Fits(peer.ClusterVersion)) is { } foreign
            ? $"cannot join {foreign.Address}: its version {foreign.Version} is more than one away from this one "
                + $"({state.Self.Version}). Upgrade one version at a time"
        : state.Answers.Values.FirstOrDefault(peer => !SameSeeds(peer.Seeds, state.Self.Seeds)) is { } unequal
            ? $"does not count {unequal.Address}: its Cluster.Seeds is {Spoken(unequal.Seeds)}. Let the list be the same on "
                + "every node"
        : null;

    private static List<PeerState> InContact(Formation state, TimeSpan now) =>
    [
        .. Peers(state).Where(peer => state.Self.Seeds.Contains(peer.Address)),
        .. state.IsSeed ? [state.Told([], now)] : Array.Empty<PeerState>(),
    ];

    /// <summary>Who answered, and can be in one cluster with this node.</summary>
    private static IEnumerable<PeerState> Peers(Formation state) =>
        state.Answers.Values.Where(peer => Fits(peer.ClusterVersion) && SameSeeds(peer.Seeds, state.Self.Seeds))
            .OrderBy(peer => peer.Address, StringComparer.Ordinal);

    private static bool Knows(PeerState peer) => peer.ClusterId is not null;

    private static List<string> JoinableAt(Formation state, PeerState peer) =>
    [
        .. peer.Members.Where(member => member is { IsUp: true, IsReachable: true } && member.Address != state.Self.Address)
            .Select(member => member.Address),
    ];

    /// <summary>Another process of this host that answers, and that stays: it is a member, or its address is the lower.</summary>
    private static PeerState? Twin(Formation state) => state.Answers.Values.FirstOrDefault(peer =>
        peer.Host == state.Self.Host && peer.Address != state.Self.Address
        && (Knows(peer) || string.CompareOrdinal(peer.Address, state.Self.Address) < 0));

    private static bool IsNamesake(Formation state, PeerMember member) =>
        member.Host == state.Self.Host && member.Address != state.Self.Address;

    private static bool IsOlder(PeerMember one, PeerMember? other) => (one.Age, other?.Age) switch
    {
        ({ } age, { } ours) when age != ours => age < ours,
        ({ }, null) => true,
        (null, { }) => false,
        _ => other is null || string.CompareOrdinal(one.Address, other.Address) < 0,
    };

    /// <summary>A vote for itself may go to another at any time: without it nothing is founded (<see cref="Counted"/>).</summary>
    private static bool IsHeldForAnother(Formation state, string address, string incarnation, TimeSpan now) =>
        state.Vote is { } vote && vote.Address != state.Self.Address && now - vote.At < VoteHeld
        && (vote.Address, vote.Incarnation) != (address, incarnation);

    private static (Formation, FormationEffect?) End(Formation state, int code, string why) =>
        (state with { Phase = new FormationPhase.Ending(), WaitsFor = why }, new FormationEffect.End(code, why));

    private static string Spoken(IReadOnlyList<string> seeds) => string.Join(", ", seeds);

    private static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
}
