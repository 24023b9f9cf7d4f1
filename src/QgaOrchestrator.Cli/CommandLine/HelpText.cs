using System.CommandLine;
using System.CommandLine.Invocation;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.CommandLine;

/// <summary>The help of a command: what it does, how it is typed, its options in groups, examples, exit codes.</summary>
internal sealed class HelpText(Func<Screen> screen, IReadOnlyList<Option> global) : SynchronousCommandLineAction
{
    /// <summary>Long lines are hard to read, on a wide terminal as well.</summary>
    private const int Widest = 100;

    private const int Indent = 2;

    public override int Invoke(ParseResult parseResult)
    {
        Write(screen(), parseResult.CommandResult.Command);
        return 0;
    }

    private void Write(Screen to, Command command)
    {
        var width = Math.Min(to.Width, Widest);
        foreach (var line in Text.Wrap(command.Description ?? "", width, "")) to.WriteLine(line);
        Section(to, "Usage");
        var usage = command is CliCommand { Usage: { } typed } ? $"{CliCommand.PathOf(command)} {typed}" : Usage(command);
        to.WriteLine($"  {usage}");
        Rows(to, width, "Commands", [.. Shown(command.Subcommands).Select(below => (below.Name, below.Description ?? ""))]);
        Rows(to, width, "Arguments", [
            .. command.Arguments.Where(argument => !argument.Hidden)
                .Select(argument => (argument.Name, argument.Description ?? "")),
        ]);
        var groups = (command as CliCommand)?.Groups ?? [];
        var grouped = groups.SelectMany(group => group.Options).ToHashSet();
        var own = command.Options.Where(option => !grouped.Contains(option) && !global.Contains(option));
        Rows(to, width, "Options", [.. Shown(own).Select(Row)]);
        foreach (var group in groups) Rows(to, width, group.Title, [.. Shown(group.Options).Select(Row)]);
        Rows(to, width, "Options of every command", [
            .. Shown(global).Where(option => option.Recursive || command is RootCommand).Select(Row),
        ]);
        if (command is not CliCommand { Subcommands.Count: 0 } leaf) return;
        if (leaf.Examples.Count > 0) Section(to, "Examples");
        foreach (var example in leaf.Examples) to.WriteLine($"  {example}");
        Rows(to, width, "Exit codes", [.. leaf.Exits.Select(exit => (exit.Code, exit.Means))]);
    }

    public static string Usage(Command command) => string.Join(' ', [
        CliCommand.PathOf(command),
        .. command.Subcommands.Count > 0 ? ["COMMAND"] : (string[])[],
        .. command.Arguments.Where(argument => !argument.Hidden).Select(argument =>
            argument.Arity is { MinimumNumberOfValues: 0, MaximumNumberOfValues: 1 } ? $"[{argument.Name}]" : argument.Name),
        "[OPTIONS]",
    ]);

    /// <summary>As it is typed: -s, --select SELECTOR.</summary>
    public static string Label(Option option)
    {
        var names = option.Aliases.Where(alias => alias is ['-', >= 'a' and <= 'z']).Append(option.Name);
        var value = option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool)
            ? $" {option.HelpName ?? "VALUE"}"
            : "";
        return $"{string.Join(", ", names)}{value}";
    }

    private static (string Left, string Right) Row(Option option) =>
        (Label(option), (option.Description ?? "") + (option.Required ? " (required)" : ""));

    private static IEnumerable<T> Shown<T>(IEnumerable<T> symbols) where T : Symbol => symbols.Where(symbol => !symbol.Hidden);

    private static void Section(Screen to, string title)
    {
        to.WriteLine();
        to.WriteLine(new Painted($"{title}:", Paint.Heading));
    }

    private static void Rows(Screen to, int width, string title, IReadOnlyList<(string Left, string Right)> rows)
    {
        if (rows.Count == 0) return;
        Section(to, title);
        var left = rows.Max(row => row.Left.Length) + 2 * Indent;
        foreach (var (name, what) in rows)
        {
            var lines = Text.Wrap(what, Math.Max(20, width - left), "").ToList();
            to.WriteLine($"{new string(' ', Indent)}{name}".PadRight(left) + lines[0]);
            foreach (var line in lines.Skip(1)) to.WriteLine(new string(' ', left) + line);
        }
    }
}
