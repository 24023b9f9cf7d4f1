using QgaOrchestrator.Simulator;

// qga-simulator --dir DIR [--vms 200] [--disks 2] [--mute 10%] [--hang-freeze 10%] [--hang-freeze-for 45s]
//               [--latency 5ms] [--freeze-latency 50ms] [--copy-ms 500] [--seed N] [--report FILE]
// One line when all sockets listen; on SIGTERM or SIGINT a JSON report, and the end.
CommandLine line;
try
{
    line = CommandLine.Parse(args);
}
catch (FormatException wrong)
{
    await Console.Error.WriteLineAsync("qga-simulator: " + wrong.Message);
    return 2;
}

await using var fleet = new SimulatedFleet(line.Directory, line.Vms, line.Options);
using var report = line.Report is null ? null : new ReportFile(line.Report);
if (report is not null) fleet.Journal.Written = report.Append;
await using var control = new ControlSocket(fleet, Path.Combine(line.Directory, "control.sock"));

var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
using var terminated = Signals.On(end);
Console.WriteLine($"qga-simulator: {line.Vms} VMs listen below {line.Directory}");
await end.Task;
Console.WriteLine(FleetReport.Of(fleet));
return 0;
