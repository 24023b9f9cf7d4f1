using System.CommandLine;

namespace QgaOrchestrator.Cli.CommandLine;

/// <summary>The words of a command for one VM, which is the first of them, or with --select for several VMs.</summary>
internal sealed class VmArguments
{
    private readonly Argument<string[]> _words;

    /// <param name="command">Gets the words and --select.</param>
    /// <param name="each">What --select does, as in "All VMs that this selects, as a run".</param>
    /// <param name="words">What follows the VM, as in USER.</param>
    public VmArguments(CliCommand command, string each, params string[] words)
    {
        var shape = string.Join(' ', ["VM", .. words]);
        _words = new(shape)
        {
            Description = $"The name of a VM, or host/name{(words.Length > 0 ? $"; then {string.Join(' ', words)}" : "")}",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Select = CommandLine.SelectOption.With($"{each}, for example app=db. Leave the VM out then");
        command.Add(_words);
        command.Add(Select);
        command.Validators.Add(result =>
        {
            var path = CliCommand.PathOf(command);
            var wanted = words.Length + (result.GetValue(Select) is null ? 1 : 0);
            if ((result.GetValue(_words) ?? []).Length == wanted) return;
            result.AddError(result.GetValue(Select) is null
                ? $"'{shape}' is expected: {path} {shape}, or --select SELECTOR instead of the VM."
                : $"--select: leave the VM out: {string.Join(' ', [path, "--select SELECTOR", .. words])}.");
        });
    }

    public string? Vm(ParseResult parsed) => Selector(parsed) is null ? parsed.GetRequiredValue(_words)[0] : null;

    /// <summary>--select.</summary>
    public Option<string> Select { get; }

    public string? Selector(ParseResult parsed) => parsed.GetValue(Select);

    /// <summary>A word that follows the VM, from 0.</summary>
    public string Word(ParseResult parsed, int at) => parsed.GetRequiredValue(_words)[at + (Selector(parsed) is null ? 1 : 0)];
}
