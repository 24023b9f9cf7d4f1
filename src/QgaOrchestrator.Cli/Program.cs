using QgaOrchestrator.Cli;
using QgaOrchestrator.Cli.Hosting;

using var interruption = new Interruption();
return await Qgactl
    .RunAsync(args, CliHost.OfThisProcess() with { IsTerminated = () => interruption.IsTermination }, interruption.Token)
    .ConfigureAwait(false);
