using System.Text.RegularExpressions;

namespace QgaOrchestrator.Architecture.Tests;

/// <summary>A file, a line and a test's name stay within what a reader takes in at once.</summary>
public partial class SourceShapeTests
{
    private const int MostLines = 350, MostColumns = 130, LongestTestName = 80;

    /// <summary>Files that are still too long or too wide. One that is mended is taken out; none is added.</summary>
    private static readonly string[] NotYet =
    [
        "src/QgaOrchestrator.Actors/Kinds/Exec/ExecItem.cs",
        "src/QgaOrchestrator.Actors/Runs/RunActor.cs",
        "src/QgaOrchestrator.Actors/Stores/Sqlite/AuditSchema.cs",
        "src/QgaOrchestrator.Actors/Stores/Sqlite/ViewTables.cs",
        "src/QgaOrchestrator.Core/Duration.cs",
        "src/QgaOrchestrator.Node/Program.cs",
        "src/QgaOrchestrator.Qemu/Agent/AgentReply.cs",
        "src/QgaOrchestrator.Qemu/Hosts/Kinds/Sockets/Sighting.cs",
        "src/QgaOrchestrator.Qemu/Hosts/Kinds/Sockets/SocketSource.cs",
        "src/QgaOrchestrator.Watchdog/Program.cs",
        "tests/QgaOrchestrator.Core.Tests/Vms/WindowSimulation.cs",
        "tests/QgaOrchestrator.Qemu.Tests/Agent/AgentLinkTests.cs",
    ];

    /// <summary>Test names that are still too long. One that is mended is taken out; none is added.</summary>
    private static readonly string[] NamesNotYet =
    [
        "A_refusal_behind_which_a_thaw_waits_is_told_where_the_agent_answers_our_sentinel_too",
        "A_word_that_an_earlier_sending_of_the_same_request_was_written_says_nothing_of_this_one",
        "Whoever_waits_on_a_followed_request_is_told_when_the_link_drops_or_the_request_is_not_taken",
    ];

    [Fact]
    public void No_file_has_more_than_350_lines_and_no_line_more_than_130_columns()
    {
        string[] faults =
        [
            .. Sources.All.Where(source => !NotYet.Contains(source.Path)).SelectMany(Faults),
            .. NotYet.Where(path => !Sources.All.Any(source => source.Path == path && Faults(source).Any()))
                .Select(path => $"{path} keeps to both: take it out of the list"),
        ];
        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    [Fact]
    public void No_test_has_a_name_longer_than_80_characters() => Assert.Equal(
        NamesNotYet, TestNames.Existing.Where(name => name.Length > LongestTestName).Order(StringComparer.Ordinal));

    private static IEnumerable<string> Faults(Source source)
    {
        if (source.Lines.Count > MostLines) yield return $"{source.Path}: {source.Lines.Count} lines";
        foreach (var (index, line) in Shown(source).Index())
            if (line.Length > MostColumns) yield return $"{source.Path}:{index + 1}: {line.Length} columns";
    }

    /// <summary>In a test what a peer sends or a command prints is one text, however wide: only what is around it counts.</summary>
    private static IEnumerable<string> Shown(Source source) => source.Path.StartsWith("src/", StringComparison.Ordinal)
        ? source.Lines
        : Texts().Replace(source.Text, text => new string('\n', text.Value.Count(c => c == '\n'))).Split('\n');

    [GeneratedRegex(""""("{3,})[\s\S]*?\1|"(?:[^"\\\n]|\\.)*"|//[^\n]*"""")]
    private static partial Regex Texts();
}
