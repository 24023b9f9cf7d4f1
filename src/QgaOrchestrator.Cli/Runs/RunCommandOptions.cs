using System.CommandLine;
using System.Text.Json.Nodes;
using QgaOrchestrator.Cli.CommandLine;

namespace QgaOrchestrator.Cli.Runs;

/// <summary>The options of a run as options of its command. The node fills in what is not given.</summary>
internal sealed class RunCommandOptions
{
    private static RunOption[] OfEveryKind(string maxFailures) =>
    [
        new("maxParallel", "N", "Maximum number of VMs at a time (default: 50)", RunOption.Number),
        new("maxParallelPerHost", "N", "Maximum number of VMs at a time on one host", RunOption.Number),
        new(
            "maxParallelPerLabel",
            "LABEL=N",
            "Maximum number of VMs at a time for each value of a label, for example app=2",
            RunOption.PerLabel
        ),
        new("maxParallelPerTarget", "N", "Maximum number of VMs at a time for one target", RunOption.Number),
        new(
            "maxFailures",
            "N|%",
            $"Start no more VMs when more than this have failed (default: {maxFailures})",
            RunOption.Amount
        ),
        new("maxUnreachable", "N|%", "Start no more VMs when more than this were not reached (default: 100%)", RunOption.Amount),
        new("canary", "N|%", "VMs to try first; the run stops if none of them succeeds", RunOption.Amount),
        new("waves", "N|%,…", "Cumulative steps after the canary, for example 10%,50%", RunOption.Amounts),
        new("soak", "TIME", "Time to wait after each wave, for example 10m", RunOption.Duration),
        new("deadline", "TIME", "Abort the run this long after its start, for example 8h", RunOption.Duration),
    ];

    private readonly List<(RunOption Of, Option<string> Option)> _options = [];
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only checks and plans; changes nothing" };

    /// <param name="command">Gets the options.</param>
    /// <param name="own">Those of the kind alone.</param>
    /// <param name="forRun">The command is a run only with this option: without it, a run's options are refused. Null: it is
    /// always a run.</param>
    /// <param name="isHidden">No help shows them.</param>
    /// <param name="maxFailures">The kind's default.</param>
    public RunCommandOptions(
        CliCommand command, IReadOnlyList<RunOption>? own = null, Option<string>? forRun = null, bool isHidden = false,
        string maxFailures = "0")
    {
        foreach (var option in (own ?? []).Select(Made)) command.Add(option);
        _dryRun.Hidden = isHidden;
        command.AddGroup("Rollout", [.. OfEveryKind(maxFailures).Select(Made), _dryRun]);
        if (forRun is null) return;
        command.Validators.Add(result =>
        {
            if (result.GetValue(forRun) is not null) return;
            foreach (var option in _options.Select(option => (Option)option.Option).Append(_dryRun))
                if (result.GetResult(option) is { Implicit: false })
                    result.AddError($"{option.Name}: is for a run over several VMs, which {forRun.Name} names.");
        });

        Option<string> Made(RunOption of)
        {
            var option = new Option<string>(of.Name) { Description = of.Help, HelpName = of.Shape, Hidden = isHidden };
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
            options["dryRun"] = true;
        return options;
    }
}
