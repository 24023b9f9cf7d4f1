using System.Globalization;
using QgaOrchestrator.Lab;

const string Usage = """
    qga-lab guest DIR                     build the guest into DIR unless it is there
    qga-lab up DIR N [--guest DIR]        start N VMs, vm1 to vmN, in DIR
    qga-lab down DIR                      stop all VMs in DIR
    qga-lab seq DIR VM                    last record on each disk that the guest has synced: DATA DATA2
    qga-lab frozen DIR VM                 the same at the guest's latest freeze
    qga-lab check IMAGE --min-seq N       check a disk image: exit code 0 only if all is well
    """;

try
{
    switch (args)
    {
        case ["guest", var directory]:
            await Guest.EnsureAsync(directory);
            return 0;
        case ["up", var directory, var count]:
            return await UpAsync(directory, Number(count), null);
        case ["up", var directory, var count, "--guest", var guest]:
            return await UpAsync(directory, Number(count), guest);
        case ["down", var directory]:
            foreach (var vm in VmsIn(directory))
                await vm.StopAsync();
            return 0;
        case ["seq", var directory, var vm]:
            return Print(RealVm.Open(Path.Combine(directory, vm)).Synced.Latest);
        case ["frozen", var directory, var vm]:
            return Print(
                RealVm.Open(Path.Combine(directory, vm)).Synced.Hooks.LastOrDefault(hook => hook.What == "freeze")?.Numbers
                    ?? throw new LabException($"{vm} has not been frozen")
            );
        case ["check", var image, "--min-seq", var minimum]:
            var report = await ImageCheck.RunAsync(image, Number(minimum));
            Console.WriteLine(report);
            return report.Passed ? 0 : 1;
        default:
            Console.Error.WriteLine(Usage);
            return 2;
    }
}
catch (Exception error) when (error is LabException or IOException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}

static async Task<int> UpAsync(string directory, int count, string? guest)
{
    var vms = await RealVms.PrepareAsync(guest, Console.WriteLine);
    foreach (var name in Enumerable.Range(1, count).Select(n => $"vm{n}"))
    {
        var vm = await vms.StartAsync(Path.Combine(directory, name));
        Console.WriteLine($"{name} runs (process {vm.Pid}), its agent answers, its guest writes to two disks");
    }
    return 0;
}

static IEnumerable<RealVm> VmsIn(string directory) => Directory.GetDirectories(directory)
    .Where(vm => File.Exists(Path.Combine(vm, "command-line"))).Order(StringComparer.Ordinal).Select(RealVm.Open);

static int Print(SyncedNumbers numbers)
{
    Console.WriteLine($"{numbers.Data} {numbers.Data2}");
    return 0;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
