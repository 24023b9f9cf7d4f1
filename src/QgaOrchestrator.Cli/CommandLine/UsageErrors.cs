using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace QgaOrchestrator.Cli.CommandLine;

internal sealed record UsageError(string Message, string? Remedy = null);

/// <summary>What is wrong with a command line, and which words may have been meant.</summary>
internal static class UsageErrors
{
    public static IReadOnlyList<UsageError> Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.Action is not (ParseErrorAction or null) && parsed.Action != command.Action) return [];
        var unknown = UnknownOptions(parsed).ToList();
        // What follows an unknown option is most likely its value.
        if (unknown.Count > 0) return unknown;
        if (parsed.UnmatchedTokens is [var word, ..]) return [Unknown(word, CommandBefore(parsed, word))];
        if (command.Action is null) return [new($"A command is missing: {string.Join(", ", Names(command.Subcommands))}.")];
        return [.. parsed.Errors.Select(error => new UsageError(error.Message)).Distinct()];
    }

    /// <summary>The command that stands before a word: the parser passes over what it does not know, and finds commands behind
    /// it.</summary>
    private static Command CommandBefore(ParseResult parsed, string word)
    {
        var command = parsed.RootCommandResult.Command;
        foreach (var token in parsed.Tokens.TakeWhile(token => token.Type == TokenType.Command || token.Value != word))
            if (token.Type == TokenType.Command && command.Subcommands.FirstOrDefault(sub => sub.Name == token.Value) is { } sub)
                command = sub;
        return command;
    }

    /// <summary>A word that begins with two hyphens would else be taken for a VM's name or an argument. Behind -- it is one,
    /// and the words of a guest's command line are anybody's.</summary>
    private static IEnumerable<UsageError> UnknownOptions(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (command.Arguments.Any(argument => argument.Name.Contains("--", StringComparison.Ordinal))) return [];
        return parsed.Tokens
            .TakeWhile(token => token.Type != TokenType.DoubleDash)
            .Where(token => token.Type == TokenType.Argument && token.Value is ['-', '-', >= 'a' and <= 'z', ..])
            .Select(token => Unknown(token.Value, command))
            .Distinct();
    }

    private static UsageError Unknown(string word, Command command) => word.StartsWith('-')
        ? new($"There is no option '{word}'.", NearWords.Question(word, OptionsOf(command)))
        : command.Subcommands.Count > 0
            ? new($"There is no command '{word}'.", NearWords.Question(word, Names(command.Subcommands)))
            : new($"'{word}' is one word too many.");

    private static IEnumerable<string> OptionsOf(Command? command)
    {
        for (var isOwn = true; command is not null; isOwn = false)
        {
            foreach (var option in command.Options.Where(option => (isOwn || option.Recursive) && !option.Hidden))
                yield return option.Name;
            command = command.Parents.OfType<Command>().FirstOrDefault();
        }
    }

    private static IEnumerable<string> Names(IEnumerable<Command> commands) =>
        commands.Where(command => !command.Hidden).Select(command => command.Name);
}
