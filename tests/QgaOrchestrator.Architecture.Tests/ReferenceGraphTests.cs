using System.Xml.Linq;

namespace QgaOrchestrator.Architecture.Tests;

/// <summary>
/// Protocol (Qemu), rules (Core) and machinery (Actors) cannot reach into each other, and the command line and the watchdog
/// never load Akka. Who needs another line here changes the architecture: src/README.md says why it is so.
/// </summary>
public class ReferenceGraphTests
{
    /// <summary>Project → the projects and the packages that it may name. Both are exact.</summary>
    private static readonly Dictionary<string, (string[] Projects, string[] Packages)> Graph = new()
    {
        ["Core"] = ([], []),
        ["Qemu"] = ([], []),
        ["Api"] = ([], []),
        ["Watchdog"] = (["Qemu"], []),
        ["Passwords"] = (["Qemu"], []), // Qemu for Secret alone
        ["Cli"] = (["Api", "Core", "Passwords", "Qemu"], ["System.CommandLine"]),
        ["Actors"] = (["Core", "Passwords", "Qemu"],
            ["Akka.Cluster.Hosting", "Akka.Cluster.Sharding", "Akka.Persistence.Query", "Akka.Persistence.Sql",
             "dbup-postgresql", "linq2db", "Microsoft.Data.Sqlite", "Npgsql"]),
        ["Node"] = (["Actors", "Api", "Watchdog"], []), // Watchdog is not linked: the build puts it beside qgad
    };

    [Fact]
    public void Projects_and_packages_are_referenced_as_drawn()
    {
        var drawn = Graph.Select(p => Line(p.Key, p.Value.Projects, p.Value.Packages)).Order(StringComparer.Ordinal);
        var found = Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(
                file => Line(Short(file), Included(file, "ProjectReference").Select(Short), Included(file, "PackageReference")))
            .Order(StringComparer.Ordinal);
        Assert.Equal(drawn, found);
    }

    /// <summary>Only by Include: an Update or a Remove would hide a reference from the test above.</summary>
    [Fact]
    public void No_project_has_a_reference_beside_its_package_and_project_references()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            var project = XDocument.Load(file);
            Assert.Empty(project.Descendants("Reference"));
            Assert.Empty(project.Descendants("Import"));
        }
    }

    /// <summary>The watchdog must start, stay small and thaw whatever else is broken.</summary>
    [Fact]
    public void The_watchdog_loads_nothing_but_the_runtime_and_qemu()
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<string>(["qga-watchdog"]);
        while (open.TryDequeue(out var name))
        {
            if (!reached.Add(name) || IsRuntime(name)) continue;
            foreach (var reference in Built.References(name)) open.Enqueue(reference);
        }
        Assert.Equal(
            ["QgaOrchestrator.Qemu", "qga-watchdog"],
            reached.Where(name => !IsRuntime(name)).Order(StringComparer.Ordinal));

        var runtime = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "qga-watchdog.runtimeconfig.json"));
        Assert.DoesNotContain("AspNetCore", runtime, StringComparison.Ordinal);
    }

    /// <summary>Microsoft.Win32.Primitives is the runtime's; other Microsoft.* assemblies (ASP.NET, Extensions) are
    /// not.</summary>
    private static bool IsRuntime(string name) =>
        name is "System" or "mscorlib" or "netstandard" or "Microsoft.Win32.Primitives" || name.StartsWith(
            "System.", StringComparison.Ordinal);

    private static IEnumerable<string> Included(string file, string element) =>
        XDocument.Load(file).Descendants(element).Select(e => e.Attribute("Include")?.Value ?? "?");

    private static string Short(string path) =>
        Path.GetFileNameWithoutExtension(path.Replace('\\', '/')).Replace("QgaOrchestrator.", "", StringComparison.Ordinal);

    private static string Line(string project, IEnumerable<string> projects, IEnumerable<string> packages) =>
        $"{project} → {string.Join(", ", projects.Order(StringComparer.Ordinal))} | "
            + $"{string.Join(", ", packages.Order(StringComparer.OrdinalIgnoreCase))}";
}
