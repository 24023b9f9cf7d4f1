using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Points;
using QgaOrchestrator.Qemu.Images;

namespace QgaOrchestrator.Cli.Commands;

internal static class PointCommands
{
    public static CliCommand Build(CliHost host, GlobalOptions global) =>
        new("point", "Shows, checks, restores and deletes recovery points.")
    {
        List(host, global),
        Show(host, global),
        Verify(host, global),
        PointRestoreCommand.Build(host, global),
        PointDeleteCommand.Build(host, global),
    };

    private static CliCommand List(CliHost host, GlobalOptions global)
    {
        var vm = new Option<string>("--vm") { Description = "Only points of this VM", HelpName = "VM" };
        var group = ListFilters.Words("--class", "CLASS,…", "Only points of one of these classes",
            ConsistencyClasses.Application, ConsistencyClasses.Filesystem, ConsistencyClasses.Crash);
        var since = TimeOption.Since("Only points that were cut since this time, or in the last 2h, 7d", host.Time);
        var command = new CliCommand(
            "list",
            "Lists recovery points.",
            "qgactl point list --vm db1 --since 7d",
            "qgactl point list --class crash"
        ) { vm, group, since };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var points = await client.ListPointsAsync(parsed.GetValue(vm), cancel)
                .Where(point => ListFilters.Has(parsed.GetValue(group), point.Class))
                .Where(point => parsed.GetValue(since) is not { } from || point.Proof.CutAt >= from)
                .ToListAsync(cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, new Page<Point>(points, null));
            else
                PointView.WriteList(host.Screen, points);
            return ExitCodes.Done;
        });
        return command;
    }

    private static CliCommand Show(CliHost host, GlobalOptions global)
    {
        var id = new Argument<string>("ID") { Description = "The id of a point: qgactl point list" };
        var command = new CliCommand("show", "Shows a point and its proof.", "qgactl point show 01K8XQ5T-db1") { id };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var point = await client.GetPointAsync(parsed.GetRequiredValue(id), cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, point);
            else
                PointView.Write(host.Screen, point);
            return ExitCodes.Done;
        });
        return command;
    }

    private static CliCommand Verify(CliHost host, GlobalOptions global)
    {
        var id = FileId();
        var command = new CliCommand(
            "verify",
            "Checks the files of a point: the SHA-256 of each, and where they are here each image by qemu-img check.",
            "qgactl point verify 01K8XQ5T-db1",
            "qgactl point verify /backup/hv1~db1/01K8XQ5T-db1"
        ) { id };
        command.SetAction((parsed, cancel) => WithFilesAsync(host, global, parsed, id,
            (images, point, lines, client) => VerifyAsync(images, point, lines, client, cancel),
            (point, report) =>
                $"{point.Point.Id}: {(report.Good ? "good" : "NOT good")}, {Text.Count(report.Images.Count, "image")} checked",
            cancel
        )
        );
        return command;
    }

    private static async Task<PointReport> VerifyAsync(
        PointImages images, FoundPoint point, StatusLine lines, Func<QgaClient> connect, CancellationToken cancel)
    {
        if (point is LocalPoint local)
        {
            var report = await images.VerifyAsync(local, cancel).ConfigureAwait(false);
            var files = await KeptMachine.VerifyAsync(local, lines.Tell, cancel).ConfigureAwait(false);
            return report with { Good = report.Good && files.All(file => file.Good), MachineFiles = files };
        }
        using var client = connect();
        lines.Show($"host {point.Point.Host} reads the images");
        var found = await client.VerifyPointAsync(point.Point.Id, cancel).ConfigureAwait(false);
        foreach (var image in found.Images)
            lines.Tell($"disk {image.Index} on {found.Host}: {image.Reason ?? "SHA-256 as recorded"}");
        foreach (var file in found.Machine)
            lines.Tell($"machine: {Path.GetFileName(file.File)} on {found.Host}: {file.Reason ?? "SHA-256 as recorded"}");
        return new PointReport(
            found.Id, found.Good,
            [.. found.Images.Select(image => new ImageReport(
                image.Index, $"{found.Host}:{image.File}", image.Good, image.Reason))])
        {
            MachineFiles = [.. found.Machine.Select(file => new MachineFileReport(
                $"{found.Host}:{file.File}", file.Good, file.Reason))],
        };
    }

    internal static Argument<string> FileId() =>
        new("ID") { Description = $"The id of a point, or the path of its directory or {PointSource.FileName}" };

    internal static async Task<int> WithFilesAsync(
        CliHost host,
        GlobalOptions global,
        ParseResult parsed,
        Argument<string> id,
        Func<PointImages, FoundPoint, StatusLine, Func<QgaClient>, Task<PointReport>> act,
        Func<FoundPoint, PointReport, string> summary,
        CancellationToken cancel
    )
    {
        var json = global.IsJson(parsed);
        var point = await PointSource.FindAsync(parsed.GetRequiredValue(id), () => global.Connect(parsed, host), cancel)
            .ConfigureAwait(false);
        using var lines = new StatusLine(json ? host.Error : host.Out, host.IsTerminal && !json);
        var images = new PointImages(new QemuImg(), lines.Tell, lines.Show);
        var report = await act(images, point, lines, () => global.Connect(parsed, host)).ConfigureAwait(false);
        if (json)
            CliJson.Write(host.Out, report);
        else
            lines.Tell(summary(point, report));
        return report.Good ? ExitCodes.Done : ExitCodes.Failed;
    }
}
