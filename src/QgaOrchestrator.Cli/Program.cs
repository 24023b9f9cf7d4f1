using QgaOrchestrator.Cli;

return await Qgactl.RunAsync(args, CliHost.OfThisProcess()).ConfigureAwait(false);
