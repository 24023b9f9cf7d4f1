using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>run results</c>: what the VMs of a command or exec run gave back.</summary>
internal static class RunResultsCommand
{
    public static Command Build(CliHost host, GlobalOptions global)
    {
        var id = new Argument<string>("ID") { Description = "A run's id" };
        var vm = new Option<string>("--vm") { Description = "The whole output of one VM, byte for byte" };
        var group = new Option<bool>("--group") { Description = "Groups VMs with equal output, the largest group first" };
        var command = new Command("results", "Shows the output of the VMs of a command or exec run.") { id, vm, group };
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
                    "They are kept for 7 days, up to 1 GiB a host; backups have none."
                );
            else if (parsed.GetValue(vm) is not null)
                foreach (var stream in results[0].Streams.Keys.Order(StringComparer.Ordinal).Reverse())
                    await CopyAsync(results[0], stream).ConfigureAwait(false);
            else if (parsed.GetValue(group))
                ResultView.WriteGroups(host.Out, results);
            else
                ResultView.WriteList(host.Out, results, host.TableWidth);
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
