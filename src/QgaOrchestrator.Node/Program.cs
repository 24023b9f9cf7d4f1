using Microsoft.AspNetCore.Connections;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Node;
using QgaOrchestrator.Node.Data;
using QgaOrchestrator.Node.Options;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Processes;

// Options, data directory, node: what cannot be used is printed, one line each, and the exit code is 2.
try
{
    OwnFiles.KeepToOwner();
    OwnMemory.LeaveNoCore();
    var variables = ProcessEnvironment.Variables();
    var (machine, here) = (Environment.MachineName, Environment.CurrentDirectory);
    if (await QgadCommand.RunAsync(args, variables, machine, here, Console.Out, Console.Error) is { } ended)
        return ended;
    var options = OptionsLoader.Load(args, variables, machine, here);
    using var data = DataDirectory.Open(options.Node.DataDirectory);
    await using var node = await NodeHost.BuildAsync(options, data, _ => { });
    var end = node.Services.GetRequiredService<NodeEnd>();
    await node.RunAsync();
    return end.ExitCode ?? (Environment.ExitCode == 0 ? 0 : 1);
}
catch (OptionsException e)
{
    foreach (var error in e.Errors) await Console.Error.WriteLineAsync("qgad: " + error);
    return 2;
}
catch (Exception e) when (e is DataDirectoryException or StoreException)
{
    await Console.Error.WriteLineAsync("qgad: " + e.Message);
    return 2;
}
catch (IOException e) when (e.InnerException is AddressInUseException)
{
    await Console.Error.WriteLineAsync(
        $"qgad: {e.Message.TrimEnd('.')}. End the program that holds it, or name another address as Node.Api or another port as "
            + "Cluster.ApiPort.");
    return 2;
}
