using System.CommandLine;
using System.Text.Json.Nodes;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Cli.Runs;

/// <summary>The options of a run as options of its command. The node fills in what is not given.</summary>
internal sealed class RunCommandOptions
{
    private const string DryRun = "dryRun";

    private readonly List<(RunOption Of, Option<string> Option)> _options = [];
    private readonly Option<bool> _dryRun;

    /// <param name="command">Gets the options.</param>
    /// <param name="own">Those of the kind alone.</param>
    /// <param name="forRun">The command is a run only with this option: without it, a run's options are refused. Null: it is
    /// always a run.</param>
    /// <param name="isHidden">Whether no help shows the option of this name in the API. Null: all are shown.</param>
    /// <param name="maxFailures">The kind's default.</param>
    public RunCommandOptions(
        CliCommand command, IReadOnlyList<RunOption>? own = null, Option<string>? forRun = null,
        Func<string, bool>? isHidden = null,
        CountOrPercent maxFailures = default)
    {
        foreach (var option in (own ?? []).Select(Made)) command.Add(option);
        var ofEveryKind = CommonOptions.Of(maxFailures).ToLookup(option => option.Name == DryRun);
        var dryRun = ofEveryKind[true].Single();
        _dryRun = new(RunOption.NameOf(DryRun)) { Description = Text.Sentence(dryRun.Help), Hidden = IsHidden(DryRun) };
        command.AddGroup("Rollout", [.. ofEveryKind[false].Select(RunOption.Of).Select(Made), _dryRun]);
        if (forRun is null) return;
        command.Validators.Add(result =>
        {
            if (result.GetValue(forRun) is not null) return;
            foreach (var option in _options.Select(option => (Option)option.Option).Append(_dryRun))
                if (result.GetResult(option) is { Implicit: false })
                    result.AddError($"{option.Name}: is for a run over several VMs, which {forRun.Name} names.");
        });

        bool IsHidden(string member) => isHidden?.Invoke(member) is true;

        Option<string> Made(RunOption of)
        {
            var option = new Option<string>(of.Name) { Description = of.Help, HelpName = of.Shape, Hidden = IsHidden(of.Member) };
            option.Validators.Add(result =>
            {
                try
                {
                    if (result.Tokens is [var token]) of.Parse(token.Value);
                }
                catch (FormatException e)
                {
                    result.AddError($"{of.Name}: {e.Message}.");
                }
            });
            _options.Add((of, option));
            return option;
        }
    }

    /// <summary>Only what was given.</summary>
    public JsonObject Read(ParseResult parsed)
    {
        var options = new JsonObject();
        foreach (var (of, option) in _options)
            if (parsed.GetValue(option) is { } text)
                options[of.Member] = of.Parse(text);
        if (parsed.GetValue(_dryRun))
            options[DryRun] = true;
        return options;
    }
}
