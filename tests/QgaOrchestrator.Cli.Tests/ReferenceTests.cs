using System.CommandLine;
using System.Text;
using System.Text.RegularExpressions;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>deploy/docs/reference.md lists each command, option, default and exit code of qgactl, and none besides.</summary>
public sealed class ReferenceTests
{
    private const string Begin = "<!-- qgactl: written from its commands -->\n", End = "<!-- end of qgactl -->";

    private static readonly (string Name, IReadOnlyList<ExitCode> Codes)[] _exits =
    [
        ("most", ExitCodes.OfAll),
        ("several", ExitCodes.OfSeveral),
        ("run", ExitCodes.OfRun),
        ("password", ExitCodes.OfPassword),
        ("finding", ExitCodes.OfFinding),
        ("process", ExitCodes.OfProcess),
    ];

    [Fact]
    public void The_reference_lists_what_the_command_line_has_and_nothing_else()
    {
        var page = File.ReadAllText(Path.Combine(Root(), "deploy", "docs", "reference.md"));
        var written =
            page[(page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)..page.IndexOf(End, StringComparison.Ordinal)];
        var expected = Rendered();
        var copy = Path.Combine(AppContext.BaseDirectory, "qgactl-reference.md");
        if (written != expected) File.WriteAllText(copy, expected);
        Assert.True(
            written == expected, $"deploy/docs/reference.md differs from the commands. What it should hold is in {copy}.");
    }

    private static string Rendered()
    {
        var text = new StringBuilder("| command | does | options | exit codes |\n|---|---|---|---|\n");
        var leaves = CommandTree.Leaves().ToList();
        foreach (var command in leaves) text.Append(Row(command));
        text.Append("\n| exit codes | code | means |\n|---|---|---|\n");
        foreach (var (name, codes) in _exits)
            foreach (var code in codes) text.Append($"| {name} | {code.Code} | {code.Means} |\n");
        text.Append("\n| option | of | means | default |\n|---|---|---|---|\n");
        var root = CommandTree.Root();
        foreach (var option in root.Options) text.Append(Row(option, "all commands"));
        foreach (var option in Rollout(leaves)) text.Append(Row(option, "rollout"));
        var own = leaves
            .SelectMany(command => Own(command).Select(option => (command, option)))
            .GroupBy(of => (HelpText.Label(of.option), of.option.Description))
            .OrderBy(same => same.First().option.Name, StringComparer.Ordinal);
        foreach (var same in own)
            text.Append(Row(same.First().option, string.Join(", ", same.Select(of => $"`{PathOf(of.command)}`"))));
        text.Append("\n| old spelling | now |\n|---|---|\n");
        foreach (var (command, old) in leaves.Select(command => (command, Old: HiddenOf(command))).Where(of => of.Old.Count > 0))
            text.Append($"| `{PathOf(command)}` {Names(old)} | ")
                .Append(command.Name switch
                {
                    "call" => "`run command`",
                    "results" => "`--merge-identical`",
                    _ => "`audit verify`",
                })
                .Append(" |\n");
        return text.Append("| `vm ssh-keys VM USER ACTION` | `vm ssh-keys ACTION VM USER` |\n").ToString();
    }

    private static string Row(CliCommand command)
    {
        var usage = HelpText.Usage(command)["qgactl ".Length..].Replace(" [OPTIONS]", "", StringComparison.Ordinal)
            .Replace(" COMMAND", command.Subcommands.Count > 0 ? "" : " COMMAND", StringComparison.Ordinal);
        var rollout = command.Groups.Any(group => group.Options.Any(option => !option.Hidden)) ? " rollout" : "";
        var exits = _exits.Single(set => set.Codes == command.Exits).Name;
        return $"| `{Cell(usage)}` | {Cell(command.Description)} | {Names(Own(command))}{rollout} | {exits} |\n";
    }

    private static string Row(Option option, string of)
    {
        var (means, usual) = (option.Description ?? "", "");
        if (Regex.Match(means, @"^(.*) \(default: (.*)\)$") is { Success: true, Groups: var parts })
            (means, usual) = (parts[1].Value, parts[2].Value);
        return $"| `{HelpText.Label(option).Replace("|", "\\|", StringComparison.Ordinal)}` | {of} | {Cell(means)} | "
            + $"{(option.Required ? "(required)" : Cell(usual))} |\n";
    }

    private static string PathOf(CliCommand command) => CliCommand.PathOf(command)["qgactl ".Length..];

    private static List<Option> HiddenOf(CliCommand command) =>
        [.. command.Options.Where(option => option.Hidden && !InRollout(command, option))];

    private static IEnumerable<Option> Own(CliCommand command) =>
        command.Options.Where(option => !option.Hidden && !InRollout(command, option));

    private static bool InRollout(CliCommand command, Option option) =>
        command.Groups.Any(group => group.Options.Contains(option));

    private static IEnumerable<Option> Rollout(IEnumerable<CliCommand> leaves) =>
        leaves.SelectMany(command => command.Groups).First(group => !group.Options[0].Hidden).Options;

    private static string Names(IEnumerable<Option> options) => string.Join(' ', options.Select(option => $"`{option.Name}`"));

    private static string Cell(string? text) => (text ?? "").Replace("|", "\\|", StringComparison.Ordinal);

    private static string Root()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "QgaOrchestrator.sln"))) at = at.Parent!;
        return at.FullName;
    }
}
