using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>
/// The same in each VM of a selection, done from this machine, a few at once, and no run: what needs this machine's files or
/// its standard input, or asks for nothing to be kept. Where one fails the others go on.
/// </summary>
internal static class ForEachVm
{
    private const int AtOnce = 16;

    /// <param name="show">Those in which it was done, for people; what failed is told by itself.</param>
    /// <returns>Partial where it was done in some of them only.</returns>
    /// <exception cref="CommandFailedException">There is none.</exception>
    public static async Task<int> DoAsync<T>(
        CliHost host, QgaClient client, string selector, bool json, Func<string, CancellationToken, Task<T>> what,
        Action<IReadOnlyList<(string Vm, T Result)>> show, CancellationToken cancel) where T : class
    {
        var vms = await client.ListVmsAsync(selector, cancel).ToListAsync(cancel).ConfigureAwait(false);
        if (vms.Count == 0)
            throw new CommandFailedException($"No VM is selected by {selector}.", "qgactl vm list shows their names and labels.");
        var sameName = vms.GroupBy(vm => vm.Name).Where(same => same.Count() > 1).Select(same => same.Key).ToHashSet();
        string[] names = [.. vms.Select(vm => sameName.Contains(vm.Name) ? vm.Id : vm.Name)];

        var (results, errors) = (new T?[names.Length], new Exception?[names.Length]);
        await Parallel
            .ForAsync(
                0,
                names.Length,
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel },
                async (at, stop) =>
        {
            try
            {
                results[at] = await what(names[at], stop).ConfigureAwait(false);
            }
            catch (Exception e) when (CliErrors.IsForUser(e))
            {
                errors[at] = e;
            }
        }).ConfigureAwait(false);

        var done = names.Zip(results).Where(vm => vm.Second is not null).Select(vm => (vm.First, vm.Second!)).ToList();
        var failed =
            names.Zip(errors).Where(vm => vm.Second is not null).Select(vm => (Vm: vm.First, Error: vm.Second!)).ToList();
        if (json)
        {
            CliJson.Write(
                host.Out,
                new Page<PerVmReport>(
                    [
                        .. names.Select(
                            (vm, at) =>
                                new PerVmReport(
                                    vm,
                                    results[at] is { } result ? CliJson.Element(result) : null,
                                    errors[at]?.Message,
                                    errors[at] is { } error ? CliErrors.Remedy(error) : null
                                )
                        ),
                    ],
                    null
                )
            );
        }
        else
        {
            if (done.Count > 0) show(done);
            foreach (var (vm, error) in failed) CliErrors.Write(host.Error, $"{vm}: {error.Message}", CliErrors.Remedy(error));
        }
        if (failed.Count == 0) return ExitCodes.Done;
        if (done.Count > 0) return ExitCodes.Partial;
        return failed.TrueForAll(vm => CliErrors.Code(vm.Error) == ExitCodes.Unreachable)
            ? ExitCodes.Unreachable
            : ExitCodes.Failed;
    }
}
