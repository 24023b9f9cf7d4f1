using QgaOrchestrator.Core.Membership;

namespace QgaOrchestrator.Actors.Membership;

/// <summary>Where this node stands on its way into a cluster. Callers of HTTP ask it while the loop moves it.</summary>
public sealed class ClusterFormation
{
    private readonly Lock _turn = new();
    private readonly TimeProvider _time;
    private Formation _state;
    private IReadOnlyList<PeerMember> _members = [];

    /// <param name="self">With what the node tells of itself before it knows a cluster.</param>
    public ClusterFormation(PeerState self, TimeProvider time) => (_time, _state) = (time, new(self, time.GetElapsedTime(0)));

    public Formation State => _state;

    /// <summary>The node has not looked for so long that it may have been stopped.</summary>
    public bool MayBeStale => Now - _state.LastRound > FormationRules.Awake;

    /// <summary>What this node tells of itself.</summary>
    public PeerState Told()
    {
        lock (_turn) return _state.Told(_members, Now);
    }

    /// <summary>Another node asks for this one's vote.</summary>
    /// <returns>Why it does not get it; null: it does.</returns>
    public string? Vote(string address, string incarnation)
    {
        lock (_turn)
        {
            (_state, var refusal) = FormationRules.Vote(_state, address, incarnation, Now);
            return refusal;
        }
    }

    public FormationEffect? Step(FormationInput input)
    {
        lock (_turn)
        {
            if (input is FormationInput.Round round) _members = round.Members;
            (_state, var effect) = FormationRules.Step(_state, input, Now);
            return effect;
        }
    }

    /// <summary>On the clock of the rules.</summary>
    public TimeSpan Now => _time.GetElapsedTime(0);
}
