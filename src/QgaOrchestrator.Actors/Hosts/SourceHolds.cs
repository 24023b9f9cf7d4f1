using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>
/// How a VM of the fleet's file is held: as its source says, which is the one with a pattern that matches one of its sockets,
/// else the one whose directory holds one. Of several the most careful holds; without any its sockets are ours alone, as by
/// default those of a source are.
/// </summary>
public sealed class SourceHolds(IEnumerable<SourceSection> sources)
{
    private readonly (SocketHold Hold, SocketPattern[] Patterns)[] _sources =
        [.. sources.Select(source => (source.Hold, Patterns(source)))];

    public SocketHold Of(string agent, string? monitor)
    {
        string[] given = [.. new[] { agent, monitor }.OfType<string>()];
        string[] sockets = [.. given.Concat(given.Select(RealPath.Of)).Distinct()];
        var mine = Where((pattern, path) => pattern.NameOf(path) is not null);
        if (mine.Count == 0) mine = Where((pattern, path) => IsIn(pattern.Root, path));
        return mine.Contains(SocketHold.PerCommand) ? SocketHold.PerCommand : SocketHold.Exclusive;

        List<SocketHold> Where(Func<SocketPattern, string, bool> fits) =>
        [
            .. from source in _sources
               where source.Patterns.Any(pattern => sockets.Any(path => fits(pattern, path)))
               select source.Hold,
        ];
    }

    private static bool IsIn(string directory, string path) =>
        path.StartsWith(directory.TrimEnd('/') + '/', StringComparison.Ordinal);

    private static SocketPattern[] Patterns(SourceSection source)
    {
        SocketPattern[] written = [.. new[] { source.Agent, source.Monitor }.OfType<string>()
            .Where(SocketPattern.IsPattern).Select(text => new SocketPattern(text))];
        return [.. written, .. written.Select(pattern => pattern.Real())];
    }
}
