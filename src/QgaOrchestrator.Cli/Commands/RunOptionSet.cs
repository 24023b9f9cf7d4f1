using System.CommandLine;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>A kind's options as options of its command; what is not given is left to the node's defaults.</summary>
internal sealed class RunOptionSet
{
    private static readonly RunOption[] _everyKind =
    [
        new("maxParallel", "N", "most VMs at the same time (50)", RunOption.Number),
        new("maxParallelPerHost", "N", "most VMs at the same time on one host", RunOption.Number),
        new(
            "maxParallelPerLabel",
            "LABEL=N",
            "most VMs at the same time for each value of a label, for example app=2",
            RunOption.PerLabel
        ),
        new("maxParallelPerTarget", "N", "most VMs at the same time for one target", RunOption.Number),
        new("maxFailures", "N|%", "start no more VMs when more than this have failed", RunOption.Amount),
        new("maxUnreachable", "N|%", "start no more VMs when more than this were not reached", RunOption.Amount),
        new("canary", "N|%", "VMs to try first", RunOption.Amount),
        new("waves", "N|%,…", "cumulative steps after the canary, for example 10%,50%", RunOption.Amounts),
        new("soak", "TIME", "time to wait after each wave, for example 00:10:00", RunOption.Duration),
        new("deadline", "TIME", "abort what is not done this long after the start", RunOption.Duration),
    ];

    public static IReadOnlyList<RunOption> Backup { get; } =
    [
        new("method", "METHOD", "full, snapshot, incremental or hook (full)", RunOption.Word),
        new("target", "DIR", "directory of the points, on the VMs' hosts", RunOption.Word),
        new("consistency", "HOW", "require, prefer or none (require)", RunOption.Word),
        new("groupBy", "LABEL", "VMs with the same value of this label are cut together", RunOption.Word),
        new("bandwidth", "BYTES/s", "limit of each disk's copy, for example 50M", RunOption.Bytes),
        new("hook", "NAME", "a hook that Freeze.Hooks of the node's config names", RunOption.Word),
        .. _everyKind,
    ];

    /// <summary>Of kinds whose own options are the command line itself.</summary>
    public static IReadOnlyList<RunOption> Fleet => _everyKind;

    private readonly List<(RunOption Of, Option<string> Option)> _options = [];
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only checks and plans; changes nothing" };

    /// <param name="forRun">Only with this option the command is a run: without it, a run's options are refused. Null: it is one
    /// in any case.</param>
    public RunOptionSet(Command command, IReadOnlyList<RunOption> kind, Option<string>? forRun = null)
    {
        foreach (var of in kind)
        {
            var option = new Option<string>(of.Name) { Description = of.Help, HelpName = of.Shape };
            option.Validators.Add(result =>
            {
                try
                {
                    if (result.Tokens is [var token])
                        of.Parse(token.Value);
                }
                catch (FormatException e)
                {
                    result.AddError($"{of.Name}: {e.Message}.");
                }
            });
            _options.Add((of, option));
            command.Add(option);
        }
        command.Add(_dryRun);
        if (forRun is null) return;
        command.Validators.Add(result =>
        {
            if (result.GetValue(forRun) is not null)
                return;
            foreach (
                var option in _options
                    .Select(option => (Option)option.Option)
                    .Append(_dryRun)
                    .Where(option => result.GetResult(option) is { Implicit: false })
            )
                result.AddError($"{option.Name}: is for a run over several VMs, which {forRun.Name} names.");
        });
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
