namespace QgaOrchestrator.Core.Kinds;

/// <summary>What is kept of an item whose guest is asked once; it is written before the guest is asked.</summary>
/// <param name="Attempt">The attempt that asked.</param>
/// <param name="Ended">How it ended was seen, and is kept.</param>
/// <param name="Followed">It left something to follow: a process whose pid was seen.</param>
public sealed record AskedBefore(int Attempt, bool Ended, bool Followed);

/// <summary>How an attempt begins.</summary>
public enum AskNext
{
    Ask,

    /// <summary>It was asked, and goes on in the guest.</summary>
    Follow,

    /// <summary>It has ended, or the attempt before has, unheard: tell that.</summary>
    Tell,

    /// <summary>It was asked, nobody saw what came of it, and it must not be asked twice.</summary>
    Unknown,

    /// <summary>Interrupted: a later attempt has begun, or nobody knows any more what an earlier process did with this
    /// one.</summary>
    Interrupted,
}

/// <summary>Whether a guest may be asked: what is kept decides, whoever orders it and however often.</summary>
public static class AskedOnce
{
    /// <param name="before">What is kept of the item; null: nothing.</param>
    /// <param name="attempt">The one that is ordered.</param>
    /// <param name="resume">An earlier process may have begun it.</param>
    /// <param name="mayRepeat">To ask again does no harm.</param>
    public static AskNext Next(AskedBefore? before, int attempt, bool resume, bool mayRepeat) => before switch
    {
        null => resume ? AskNext.Interrupted : AskNext.Ask,
        { } b when b.Attempt > attempt => AskNext.Interrupted,
        { Ended: true } => AskNext.Tell,
        { Followed: true } => AskNext.Follow,
        _ => mayRepeat ? AskNext.Ask : AskNext.Unknown,
    };
}
