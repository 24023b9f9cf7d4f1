using System.CommandLine;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>The words of a command for one VM, which is the first of them, or with --select for each of several.</summary>
internal sealed class VmWords
{
    private readonly Argument<string[]> _words;

    /// <param name="command">Gets the words and --select.</param>
    /// <param name="each">What --select does, as in "All VMs that this selects, as a run".</param>
    /// <param name="words">What follows the VM, as in USER.</param>
    public VmWords(Command command, string each, params string[] words)
    {
        var shape = string.Join(' ', ["VM", .. words]);
        _words = new(shape)
        {
            Description =
                $"A VM's name, or host/name{(words.Length > 0 ? $", then {string.Join(' ', words)}" : "")}. Omit the VM with "
                    + $"--select",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Select = new("--select", "-s") { Description = $"{each}, for example app=db. Omit the VM", HelpName = "SELECTOR" };
        command.Add(_words);
        command.Add(Select);
        command.Validators.Add(result =>
        {
            var wanted = words.Length + (result.GetValue(Select) is null ? 1 : 0);
            if ((result.GetValue(_words) ?? []).Length != wanted)
                result.AddError(result.GetValue(Select) is null
                    ? $"'{shape}' is expected: qgactl vm {command.Name} {shape}, or with --select SELECTOR instead of the VM."
                    : $"--select: do not name a VM with it: qgactl vm {command.Name} --select SELECTOR {string.Join(' ', words)}".TrimEnd()
                        + "."
                );
        });
    }

    public string? Vm(ParseResult parsed) => Selector(parsed) is null ? parsed.GetRequiredValue(_words)[0] : null;

    /// <summary>--select.</summary>
    public Option<string> Select { get; }

    public string? Selector(ParseResult parsed) => parsed.GetValue(Select);

    /// <summary>A word that follows the VM, from 0.</summary>
    public string Word(ParseResult parsed, int at) => parsed.GetRequiredValue(_words)[at + (Selector(parsed) is null ? 1 : 0)];
}
