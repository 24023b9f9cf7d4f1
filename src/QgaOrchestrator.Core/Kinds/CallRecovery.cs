namespace QgaOrchestrator.Core.Kinds;

/// <summary>What is kept of an item that calls its guest once; written before a call is sent that must not be repeated.</summary>
/// <param name="Attempt">The attempt that called.</param>
/// <param name="Ended">How it ended was seen, and is kept.</param>
/// <param name="Followed">It left something to follow: a process whose pid was seen.</param>
public sealed record KeptCall(int Attempt, bool Ended, bool Followed);

/// <summary>How an attempt begins.</summary>
public enum CallStep
{
    Call,

    /// <summary>The call was sent, and what it started goes on in the guest.</summary>
    Follow,

    /// <summary>It has ended, or the attempt before has, and its run has not heard of it.</summary>
    Report,

    /// <summary>The call was sent, nobody saw what came of it, and it must not be sent twice.</summary>
    Unknown,

    /// <summary>A later attempt has begun, or nobody knows any more what an earlier process did with this one.</summary>
    Interrupted,
}

/// <summary>Whether an attempt calls its guest: what is kept decides, whoever orders it and however often.</summary>
public static class CallRecovery
{
    /// <param name="kept">What is kept of the item; null: nothing.</param>
    /// <param name="attempt">The one that is ordered.</param>
    /// <param name="resume">An earlier process may have begun it.</param>
    /// <param name="mayRepeat">To call again does no harm.</param>
    public static CallStep Next(KeptCall? kept, int attempt, bool resume, bool mayRepeat) => kept switch
    {
        null => resume && !mayRepeat ? CallStep.Interrupted : CallStep.Call,
        { } earlier when earlier.Attempt > attempt => CallStep.Interrupted,
        { Ended: true } => CallStep.Report,
        { Followed: true } => CallStep.Follow,
        _ => mayRepeat ? CallStep.Call : CallStep.Unknown,
    };
}
