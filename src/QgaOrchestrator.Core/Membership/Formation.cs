using System.Collections.Immutable;

namespace QgaOrchestrator.Core.Membership;

/// <summary>How far a node is on its way into a cluster. It is in memory alone: a process that ends forgets it.</summary>
/// <param name="Self">What the node tells of itself before it knows a cluster.</param>
/// <param name="Started">When the process began, on the clock of every <c>now</c> of the rules.</param>
public sealed record Formation(PeerState Self, TimeSpan Started)
{
    public FormationPhase Phase { get; init; } = new FormationPhase.Waiting();

    /// <summary>Whom the node has answered to in the last round, by address, and what they said.</summary>
    public ImmutableDictionary<string, PeerState> Answers { get; init; } = ImmutableDictionary<string, PeerState>.Empty;

    /// <summary>When the seeds were last asked.</summary>
    public TimeSpan LastRound { get; init; } = Started;

    /// <summary>Whom this seed has promised a cluster to, last.</summary>
    public SeedVote? Vote { get; init; }

    /// <summary>Members with this host's name at another address: they are asked whether they live.</summary>
    public ImmutableHashSet<string> Namesakes { get; init; } = [];

    /// <summary>For whom or what the node waits; null: it is a member.</summary>
    public string? WaitsFor { get; init; } = "asks the seeds";

    public bool IsSeed => Self.Seeds.Contains(Self.Address);

    public int Majority => Self.Seeds.Count / 2 + 1;

    /// <summary>Whose state the next round needs.</summary>
    public IEnumerable<string> ToAsk => Self.Seeds.Where(seed => seed != Self.Address).Union(Namesakes);

    /// <summary>Whether a cluster of which an earlier process of this node was a member has ended by now.</summary>
    public bool IsRipe(TimeSpan now) => now - Started >= FormationRules.Patience;

    /// <summary>What the node tells of itself.</summary>
    public PeerState Told(IReadOnlyList<PeerMember> members, TimeSpan now) => Self with
    {
        IsFresh = Self.IsFresh && Phase is FormationPhase.Waiting,
        IsRipe = IsRipe(now),
        // Nobody joins by a node that was stopped for a while, until it knows what happened meanwhile.
        Members = Phase is FormationPhase.Member && now - LastRound < FormationRules.Awake ? members : [],
        ClusterId = Phase.ClusterId,
    };
}

/// <summary>The promise not to help another seed to found a cluster for a while.</summary>
public sealed record SeedVote(string Address, string Incarnation, TimeSpan At);

/// <summary>Where a node stands.</summary>
/// <param name="ClusterId">Of the cluster that it knows; null: none.</param>
public abstract record FormationPhase(string? ClusterId)
{
    /// <summary>It knows no cluster.</summary>
    public sealed record Waiting() : FormationPhase((string?)null);

    /// <summary>It was told to join.</summary>
    /// <param name="By">The seed that knows the cluster.</param>
    public sealed record Joining(string Id, string By, TimeSpan Since) : FormationPhase(Id);

    /// <summary>It founded the cluster or is a member of it.</summary>
    /// <param name="Backed">When a majority of the seeds was last in contact with it.</param>
    public sealed record Member(string Id, TimeSpan Backed) : FormationPhase(Id);

    /// <summary>The process ends.</summary>
    public sealed record Ending() : FormationPhase((string?)null);
}

/// <summary>What happened.</summary>
public abstract record FormationInput
{
    private FormationInput()
    {
    }

    /// <summary>The seeds were asked.</summary>
    /// <param name="Answers">By address; who did not answer is missing.</param>
    /// <param name="IsMember">The node is joining, up or leaving as a member of a cluster.</param>
    /// <param name="Members">As this node sees them, itself included.</param>
    public sealed record Round(
        IReadOnlyDictionary<string, PeerState> Answers, bool IsMember, IReadOnlyList<PeerMember> Members) : FormationInput;

    /// <summary>The seeds were asked for their votes.</summary>
    /// <param name="For">The addresses that gave it.</param>
    public sealed record Votes(IReadOnlyCollection<string> For, TimeSpan AskedAt) : FormationInput;
}

/// <summary>What is to be done.</summary>
public abstract record FormationEffect
{
    private FormationEffect()
    {
    }

    /// <summary>Ask the other seeds for their votes.</summary>
    public sealed record AskVotes(IReadOnlyList<string> Of) : FormationEffect;

    /// <summary>Begin a cluster of this node.</summary>
    public sealed record Found : FormationEffect;

    /// <summary>Join the cluster of these members.</summary>
    public sealed record Join(IReadOnlyList<string> Members) : FormationEffect;

    /// <summary>End the process.</summary>
    /// <param name="ExitCode">2: started as it is, it would end again; 1: a restart helps.</param>
    public sealed record End(int ExitCode, string Why) : FormationEffect;
}
