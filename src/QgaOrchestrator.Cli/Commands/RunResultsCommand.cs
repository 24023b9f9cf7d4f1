using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Runs;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>run results</c>: what the VMs of a command or exec run gave back.</summary>
internal static class RunResultsCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var id = new Argument<string>("ID") { Description = "The id of a run: qgactl run list" };
        var vm = new Option<string>("--vm") { Description = "The whole output of this VM, byte for byte", HelpName = "VM" };
        var merge = new Option<bool>("--merge-identical")
        {
            Description = "Shows identical outputs once, with the names of their VMs; the most frequent first",
        };
        var group = new Option<bool>("--group") { Hidden = true };
        var command = new CliCommand(
            "results",
            "Shows what the VMs of a run gave back: the return of an agent command, the output of a process.",
            "qgactl run results 01K8XQ5T --merge-identical",
            "qgactl run results 01K8XQ5T --vm db1 > db1.txt"
        ) { id, vm, merge, group };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var run = parsed.GetRequiredValue(id);
            var results =
                await client.ListRunResultsAsync(run, parsed.GetValue(vm), cancel).ToListAsync(cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, new Page<RunResult>(results, null));
            else if (results.Count == 0)
                throw new CommandFailedException(
                    $"Run {run} has no results{(parsed.GetValue(vm) is { } name ? $" of {name}" : "")}.",
                    "Results are kept for 7 days, up to 1 GiB a host. Not every kind of run has results."
                );
            else if (parsed.GetValue(vm) is not null)
                foreach (var stream in results[0].Streams.Keys.Order(StringComparer.Ordinal).Reverse())
                    await CopyAsync(results[0], stream).ConfigureAwait(false);
            else if (parsed.GetValue(merge) || parsed.GetValue(group))
                ResultView.WriteGroups(host.Screen, results);
            else
                ResultView.WriteList(host.Screen, results);
            return ExitCodes.Done;

            async Task CopyAsync(RunResult result, string stream)
            {
                using var bytes = new MemoryStream();
                await client.CopyRunResultAsync(run, result.Index, stream, bytes, cancel).ConfigureAwait(false);
                host.Write(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), stream == "err");
                if (stream == "return") host.Out.WriteLine();
                if (ResultView.Cut(result.Streams[stream]) is { } cut)
                    host.Error.WriteLine($"qgactl: {result.Vm}: {stream} {cut}");
            }
        });
        return command;
    }
}
