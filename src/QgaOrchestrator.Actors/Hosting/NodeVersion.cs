using System.Reflection;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>The version of this program.</summary>
public static class NodeVersion
{
    /// <summary>As a release names it, with the commit where that is known.</summary>
    public static string Text { get; } =
        typeof(NodeVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "unknown";
}
