using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Guests;

/// <summary>Why something in a guest was not done, where the agent itself did all that it was asked for.</summary>
public enum GuestFaultKind
{
    /// <summary>What it needs is not allowed in the guest, or not there.</summary>
    NotAllowed,

    /// <summary>The request holds other than it announced.</summary>
    BadRequest,

    /// <summary>What is in the guest is not what was sent.</summary>
    Differs,

    /// <summary>A program in the guest failed.</summary>
    Failed,

    /// <summary>The agent answered with another shape than the command's.</summary>
    NotUnderstood,
}

/// <param name="reason">A sentence, in part perhaps a program's in the guest: it is made one bounded line here.</param>
/// <param name="remedy">A sentence.</param>
public sealed class GuestFaultException(GuestFaultKind kind, string reason, string remedy)
    : Exception(ForeignText.Message(reason))
{
    public GuestFaultKind Kind { get; } = kind;

    public string Remedy { get; } = remedy;
}
