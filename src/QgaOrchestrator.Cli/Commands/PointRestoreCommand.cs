using System.CommandLine;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Points;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>point restore</c>: new images of a point's disks, and beside them its machine, or a VM made of both.</summary>
internal static class PointRestoreCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var id = PointCommands.FileId();
        var to =
            new Option<string>("--to") { Description = "The directory of the new images", HelpName = "DIR", Required = true };
        var define = new Option<string>("--define")
        {
            Description = "Makes the VM on this host, stopped, with a new UUID and new MAC addresses: libvirt's domain NAME, "
                + "Proxmox's VM VMID, or for plain QEMU the script DIR/NAME.sh that starts it",
            HelpName = "NAME|VMID",
        };
        var same = new Option<bool>("--same")
        {
            Description = "With --define: the VM has the UUID and the MAC addresses that it had, and replaces that VM",
        };
        var command = new CliCommand(
            "restore",
            "Restores a point to new images, after a check, writes its machine beside them and tells what to run. Overwrites "
                + "nothing. Images that are elsewhere are copied from their host; a copy that broke off is resumed.",
            "qgactl point restore 01K8XQ5T-db1 --to /var/lib/images/db1",
            "qgactl point restore 01K8XQ5T-db1 --to /var/lib/images/db2 --define db2"
        ) { id, to, define, same };
        command.SetAction((parsed, cancel) =>
        {
            var directory = Path.GetFullPath(parsed.GetRequiredValue(to));
            var wish = new MachineWish(parsed.GetValue(define), parsed.GetValue(same));
            if (wish is { Same: true, Name: null })
                throw new UsageException("--same is of use with --define only.", "Add --define NAME, or leave out --same.");
            return PointCommands.WithFilesAsync(host, global, parsed, id,
                (images, point, lines, client) =>
                    RestoreAsync(images, point, directory, wish, lines, client, host.Time, cancel),
                (point, report) => report.Good
                    ? $"{point.Point.Id}: restored, {Text.Count(report.Images.Count, "image")} in {directory}"
                    : report.Machine is not null
                        ? $"{point.Point.Id}: the images are restored in {directory}, and not all of the machine"
                        : $"{point.Point.Id}: nothing is restored, the point is not good", cancel);
        });
        return command;
    }

    private static async Task<PointReport> RestoreAsync(
        PointImages images, FoundPoint point, string directory, MachineWish wish, StatusLine lines, Func<QgaClient> connect,
        TimeProvider time, CancellationToken cancel)
    {
        // What stands in the way is found before hours of copying.
        var machine = await MachineRestore.PrepareAsync(point, directory, wish, connect, cancel).ConfigureAwait(false);
        var report = await ImagesAsync().ConfigureAwait(false);
        if (!report.Good) return report;
        var told = await machine.RunAsync(report, lines.Tell, cancel).ConfigureAwait(false);
        MachineRestore.Tell(told, lines.Tell);
        return report with { Good = machine.IsWhole, Machine = told };

        async Task<PointReport> ImagesAsync()
        {
            if (point is LocalPoint local) return await images.RestoreAsync(local, directory, cancel).ConfigureAwait(false);
            using var client = connect();
            return await new PointDownload(client, lines.Show, time).RestoreAsync(images, point.Point, directory, cancel)
                .ConfigureAwait(false);
        }
    }
}
