using System.CommandLine;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.CommandLine;

/// <summary>A command with what its help tells beyond its options.</summary>
/// <param name="examples">Whole command lines. A test parses each.</param>
internal sealed class CliCommand(string name, string description, params string[] examples) : Command(name, description)
{
    private readonly List<OptionGroup> _groups = [];

    public IReadOnlyList<string> Examples => examples;

    /// <summary>Options that the help shows apart, under a title.</summary>
    public IReadOnlyList<OptionGroup> Groups => _groups;

    /// <summary>What follows the command's name in its usage; null: its arguments, then [OPTIONS].</summary>
    public string? Usage { get; set; }

    public IReadOnlyList<ExitCode> Exits { get; set; } = ExitCodes.OfAll;

    public void AddGroup(string title, IReadOnlyList<Option> options)
    {
        foreach (var option in options) Add(option);
        _groups.Add(new OptionGroup(title, options));
    }

    /// <summary>What one types to get to a command: qgactl vm list.</summary>
    public static string PathOf(Command command) =>
        command is RootCommand || command.Parents.OfType<Command>().FirstOrDefault() is not { } parent
            ? "qgactl"
            : $"{PathOf(parent)} {command.Name}";
}

internal sealed record OptionGroup(string Title, IReadOnlyList<Option> Options);
