namespace QgaOrchestrator.Core.Fleet.Directory;

/// <summary>
/// A part of what a host tells others of its VMs: all of them, or what changed between two versions of its list. A message
/// between nodes is small, so a list comes in parts.
/// </summary>
/// <param name="Incarnation">Of the host's process; another one counts its versions anew.</param>
/// <param name="From">The version that the change follows; 0: these are all of them.</param>
/// <param name="To">The version that the list has with all parts.</param>
/// <param name="Part">From 0.</param>
/// <param name="Parts">How many there are; 1 and more.</param>
/// <param name="Seen">VMs that are there, as they are now.</param>
/// <param name="Left">Names of VMs that are not there any more.</param>
public sealed record ListPart<T>(
    Guid Incarnation, long From, long To, int Part, int Parts, IReadOnlyList<T> Seen, IReadOnlyList<string> Left);
