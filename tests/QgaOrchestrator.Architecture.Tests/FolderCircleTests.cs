namespace QgaOrchestrator.Architecture.Tests;

/// <summary>
/// Folders (a namespace is a folder) depend on each other in one direction: what two of them share lies below both. Nested
/// folders count as folders of their own.
/// </summary>
public class FolderCircleTests
{
    public static TheoryData<string> Assemblies => [.. Built.Ours];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void No_folder_depends_on_one_that_depends_on_it(string assembly)
    {
        var uses = BuiltTypes.UsesIn(assembly);
        Assert.NotEmpty(uses);
        var circles = Circles(uses);
        Assert.True(circles.Count == 0, string.Join("\n\n", circles));
    }

    [Fact]
    public void A_folder_circle_is_reported_with_a_pair_of_types_for_each_edge()
    {
        BuiltType a = new("A", "One"), b = new("B", "Two"), c = new("B.C", "Three"), d = new("D", "Four");
        Assert.Empty(Circles([new(a, b), new(b, c), new(a, c), new(d, a)]));
        Assert.Equal(
            ["A -> B: One names Two\nB -> B.C: Two names Three\nB.C -> A: Three names One"],
            Circles([new(a, b), new(b, c), new(c, a), new(d, a)]));
    }

    [Fact]
    public void The_scan_sees_what_only_the_code_of_a_method_names()
    {
        var uses = BuiltTypes.UsesIn(typeof(FolderCircleTests).Assembly.GetName().Name!);
        Assert.Contains(uses, use => use is { From.Name: nameof(FolderCircleTests), To.Name: nameof(BuiltTypes) });
    }

    /// <summary>Each set of folders that reach each other, as the edges between them.</summary>
    private static List<string> Circles(IReadOnlyCollection<Use> uses)
    {
        var edges = uses
            .Where(use => use.From.Namespace != use.To.Namespace)
            .GroupBy(use => (From: use.From.Namespace, To: use.To.Namespace))
            .ToDictionary(edge => edge.Key, edge => edge.MinBy(use => $"{use.From.Name} {use.To.Name}", StringComparer.Ordinal)!);
        var reached = edges.Keys.Select(edge => edge.From).Distinct().ToDictionary(from => from, from => Reach(from, edges.Keys));
        var circular = reached.Keys.Where(folder => reached[folder].Contains(folder)).ToList();
        return
        [
            .. circular
                .GroupBy(folder => string.Join(' ', circular.Where(other => IsWith(folder, other)).Order(StringComparer.Ordinal)))
                .Select(circle => string.Join('\n', edges
                    .Where(edge => circle.Contains(edge.Key.From) && circle.Contains(edge.Key.To))
                    .OrderBy(edge => edge.Key.From, StringComparer.Ordinal).ThenBy(edge => edge.Key.To, StringComparer.Ordinal)
                    .Select(edge =>
                        $"{edge.Key.From} -> {edge.Key.To}: {edge.Value.From.Name} names {edge.Value.To.Name}")))
                .Order(StringComparer.Ordinal),
        ];

        bool IsWith(string folder, string other) => reached[folder].Contains(other) && reached[other].Contains(folder);
    }

    private static HashSet<string> Reach(string from, IEnumerable<(string From, string To)> edges)
    {
        var next = edges.ToLookup(edge => edge.From, edge => edge.To);
        var (reached, open) = (new HashSet<string>(StringComparer.Ordinal), new Queue<string>([from]));
        while (open.TryDequeue(out var folder))
            foreach (var to in next[folder].Where(reached.Add)) open.Enqueue(to);
        return reached;
    }
}
