namespace QgaOrchestrator.Core.Vms;

/// <summary>Whose freeze the fleet's directory knows of for a guest.</summary>
public enum FreezeWord
{
    /// <summary>No host has told of one.</summary>
    Unknown,

    /// <summary>A window of ours: the host where the guest was said so, or its last word before it went away did.</summary>
    Ours,

    /// <summary>Another program's.</summary>
    Others,
}

/// <summary>What is known of a guest that came to this QEMU by migration, until it was seen thawed here.</summary>
public abstract record ArrivalState
{
    private ArrivalState() { }

    /// <summary>No guest came in, or the one that did has been seen thawed since.</summary>
    public sealed record Settled : ArrivalState;

    /// <summary>The guest is not here: this QEMU waits for it, or it has left.</summary>
    public sealed record Elsewhere : ArrivalState;

    /// <summary>It runs here, and has not said yet whether it is frozen.</summary>
    /// <param name="Failures">Questions in a row without an answer.</param>
    public sealed record Asking(int Failures) : ArrivalState
    {
        /// <summary>For so many failures the VM's items wait. Then they say themselves what is wrong: it may be paused, or have
        /// no agent. It is asked all the same.</summary>
        public const int Patience = 3;
    }

    /// <summary>It says frozen. Whose freeze that is decides what is done.</summary>
    /// <param name="Since">When it said so first.</param>
    public sealed record Frozen(Moment Since) : ArrivalState;

    /// <summary>A window thaws it.</summary>
    public sealed record Thawing : ArrivalState;

    /// <summary>Its freeze is another program's, which that program ends.</summary>
    public sealed record Left : ArrivalState;

    /// <summary>The guest may be frozen by a window of another host: items wait, and what it says of its freeze is not taken for
    /// somebody else's.</summary>
    public bool IsOpen => this is Asking { Failures: < Asking.Patience } or Frozen or Thawing;
}

public abstract record ArrivalInput
{
    private ArrivalInput() { }

    /// <summary>QEMU was looked at.</summary>
    /// <param name="RunState">Its run state; null: it did not tell.</param>
    /// <param name="CameIn">This process is seen for the first time as one whose guest came in by migration.</param>
    public sealed record Looked(string? RunState, bool CameIn) : ArrivalInput;

    /// <summary>QEMU's process has ended.</summary>
    public sealed record Ended : ArrivalInput;

    /// <summary>The guest's status.</summary>
    /// <param name="Frozen">Null: it did not answer.</param>
    public sealed record Answered(bool? Frozen) : ArrivalInput;

    /// <summary>What the directory knows of the guest's freeze.</summary>
    public sealed record Word(FreezeWord Of) : ArrivalInput;

    /// <summary>The moment that <see cref="ArrivalEffect.LookAgain"/> named; or the agent has just been found.</summary>
    public sealed record Due : ArrivalInput;

    /// <summary>The window that thaws it is settled.</summary>
    public sealed record Thawed : ArrivalInput;
}

public abstract record ArrivalEffect
{
    private ArrivalEffect() { }

    /// <summary>Ask the guest whether it is frozen, now; answered by <see cref="ArrivalInput.Answered"/>.</summary>
    public sealed record AskGuest : ArrivalEffect;

    /// <summary>Ask this node's directory whose freeze it is; answered by <see cref="ArrivalInput.Word"/>, or not at
    /// all.</summary>
    public sealed record AskDirectory : ArrivalEffect;

    /// <summary>Come back with <see cref="ArrivalInput.Due"/>; replaced by each new one.</summary>
    public sealed record LookAgain(TimeSpan After) : ArrivalEffect;

    /// <summary>Thaw the guest: in the ledger, by a window.</summary>
    /// <param name="Reason">Why, for log and audit.</param>
    public sealed record Thaw(string Reason) : ArrivalEffect;

    /// <summary>What waited for the guest may go on.</summary>
    public sealed record Release : ArrivalEffect;
}
