using System.Reflection;

namespace QgaOrchestrator.EndToEnd.Tests;

/// <summary>The programs under test, where their own projects build them.</summary>
internal static class Programs
{
    /// <summary>Holds qgad and qga-watchdog.</summary>
    public static string Directory { get; } = Metadata("NodePrograms");

    public static string Node => Path.Combine(Directory, "qgad");

    public static string Ctl { get; } = Path.Combine(Metadata("CliPrograms"), "qgactl");

    public static string Named(string name) => name == "qgactl" ? Ctl : Path.Combine(Directory, name);

    private static string Metadata(string key) => Path.GetFullPath(
        typeof(Programs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == key).Value!);
}
