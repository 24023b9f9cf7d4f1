using System.Text.Json.Serialization;

namespace QgaOrchestrator.Core.Hosts;

/// <summary>Whether a host is being emptied, so that its node can be stopped.</summary>
[JsonConverter(typeof(CamelCaseNames<DrainState>))]
public enum DrainState
{
    /// <summary>It is not: the host begins what runs order.</summary>
    None,

    /// <summary>It begins nothing more, and something is still under way.</summary>
    Draining,

    /// <summary>It begins nothing more, and nothing is under way.</summary>
    Drained,
}

/// <summary>
/// The rules of a host that is being emptied. It begins no item, and opens no window but those of items under way; these go on
/// to their end. Calls and thaws are answered as ever.
/// </summary>
public static class DrainRules
{
    /// <summary>An item that a run ordered before it heard of the drain goes back to the run after this time: longer than the
    /// interval in which hosts tell of themselves, so that the run does not order it again at once.</summary>
    public static readonly TimeSpan HandBackAfter = TimeSpan.FromSeconds(3);

    /// <param name="drains">The host is to be emptied.</param>
    /// <param name="items">Items that are under way.</param>
    /// <param name="windows">Windows whose guest is not known to be thawed, of this process or an earlier one.</param>
    public static DrainState StateOf(bool drains, int items, int windows) => (drains, items, windows) switch
    {
        (false, _, _) => DrainState.None,
        (true, <= 0, <= 0) => DrainState.Drained,
        _ => DrainState.Draining,
    };

    /// <param name="drains">The host is to be emptied.</param>
    /// <param name="resume">An earlier process may have begun the item: then it is finished, or undone.</param>
    public static bool MayBegin(bool drains, bool resume) => !drains || resume;

    /// <param name="drains">The host is to be emptied.</param>
    /// <param name="ofItem">The window is an item's, which was begun before; else a caller's own freeze.</param>
    public static bool MayOpen(bool drains, bool ofItem) => !drains || ofItem;
}
