using System.CommandLine;
using System.CommandLine.Completions;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Cli.CommandLine;

/// <summary>
/// <c>completion</c> prints what a shell needs; the shell then asks <c>qgactl "[suggest:POSITION]" LINE</c>. Names of VMs and
/// of agent commands are completed wherever a command's words begin with VM.
/// </summary>
internal static class ShellCompletion
{
    /// <summary>A node that does not answer by then is not waited for: somebody has pressed a key.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly Dictionary<string, string> _scripts = new()
    {
        ["bash"] = """
            _qgactl() {
              local word
              COMPREPLY=()
              while IFS= read -r word; do
                [[ $word == "${COMP_WORDS[COMP_CWORD]}"* ]] && COMPREPLY+=("$(printf %q "$word")")
              done < <(qgactl "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
            }
            complete -o default -F _qgactl qgactl
            """,
        ["zsh"] = """
            #compdef qgactl
            _qgactl() {
              local suggested=("${(@f)$(qgactl "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
              [ -n "$suggested" ] && compadd -a suggested || _files
            }
            compdef _qgactl qgactl
            """,
        ["fish"] = """
            complete -c qgactl -a '(qgactl "[suggest:"(string length -- (commandline -cp))"]" (commandline -cp) 2>/dev/null)'
            """,
    };

    public static CliCommand Build(CliHost host)
    {
        var shell = new Argument<string>("SHELL") { Description = string.Join(", ", _scripts.Keys) }.AcceptOnlyFromAmong([
            .. _scripts.Keys,
        ]);
        var command = new CliCommand(
            "completion",
            "Prints a script that makes your shell complete commands and the names of VMs.",
            "source <(qgactl completion bash)"
        ) { shell };
        command.SetAction(parsed =>
        {
            host.Out.Write(_scripts[parsed.GetRequiredValue(shell)].ReplaceLineEndings("\n") + "\n");
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>Adds names of VMs, and of what follows them, to all commands below.</summary>
    public static void AddNames(Command command, GlobalOptions global, CliHost host)
    {
        foreach (var words in command.Arguments.Where(argument => argument.Name.Split(' ')[0] == "VM"))
            words.CompletionSources.Add(context => Names(words, context, global, host));
        foreach (var below in command.Subcommands) AddNames(below, global, host);
    }

    private static IEnumerable<CompletionItem> Names(
        Argument words, CompletionContext context, GlobalOptions global, CliHost host)
    {
        var begun = context.WordToComplete;
        var given = context.ParseResult.GetResult(words)?.Tokens.Select(token => token.Value).ToList() ?? [];
        if (begun.Length > 0 && given.Count > 0) given.RemoveAt(given.Count - 1);
        // With --select the words begin behind the VM.
        var at =
            given.Count
            + (
                context.ParseResult.CommandResult.Command.Options.FirstOrDefault(option => option.Name == "--select")
                    is { } select
                && context.ParseResult.GetResult(select) is not null
                    ? 1
                    : 0
            );
        var shape = words.Name.Split(' ');
        var names = at >= shape.Length ? [] : shape[at] switch
        {
            "VM" => Vms(context.ParseResult, global, host),
            "COMMAND" when shape is ["VM", "COMMAND", ..] => AgentCommands.All.Select(command => command.Name),
            var choice when choice.Contains('|', StringComparison.Ordinal) => choice.Split('|'),
            _ => [],
        };
        return names.Where(name => name.StartsWith(begun, StringComparison.Ordinal)).Select(name => new CompletionItem(name));
    }

    /// <summary>None where no node answers: a completion is no place for an error.</summary>
    private static IReadOnlyList<string> Vms(ParseResult parsed, GlobalOptions global, CliHost host)
    {
        using var patience = new CancellationTokenSource(Patience, host.Time);
        try
        {
            using var client = global.Connect(parsed, host);
            return
            [
                .. client
                    .ListVmsAsync(null, patience.Token)
                    .ToBlockingEnumerable(patience.Token)
                    .Select(vm => ForeignText.Name(vm.Name))
                    .Distinct(),
            ];
        }
        catch (Exception e) when (e is OperationCanceledException || CliErrors.IsForUser(e))
        {
            return [];
        }
    }
}
