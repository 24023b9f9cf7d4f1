using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Points;
using QgaOrchestrator.Qemu.Images;

namespace QgaOrchestrator.Cli.Commands;

internal static class PointCommands
{
    public static Command Build(CliHost host, GlobalOptions global) =>
        new("point", "Shows, checks, restores and deletes recovery points.")
    {
        List(host, global),
        Show(host, global),
        Verify(host, global),
        Restore(host, global),
        PointDeleteCommand.Build(host, global),
    };

    private static Command List(CliHost host, GlobalOptions global)
    {
        var vm = new Option<string>("--vm") { Description = "Only this VM's points", HelpName = "VM" };
        var command = new Command("list", "Lists recovery points.") { vm };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var points = await client.ListPointsAsync(parsed.GetValue(vm), cancel).ToListAsync(cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, new Page<RecoveryPoint>(points, null));
            else
                PointView.WriteList(host.Out, points, host.TableWidth);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Show(CliHost host, GlobalOptions global)
    {
        var id = new Argument<string>("ID") { Description = "A point's id" };
        var command = new Command("show", "Shows a point and its proof.") { id };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var point = await client.GetPointAsync(parsed.GetRequiredValue(id), cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, point);
            else
                PointView.Write(host.Out, point);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Verify(CliHost host, GlobalOptions global)
    {
        var id = FileId();
        var command = new Command("verify", "Checks a point's images: their SHA-256, and by qemu-img check.") { id };
        command.SetAction((parsed, cancel) => WithFilesAsync(host, global, parsed, id,
            (images, point) => images.VerifyAsync(point, cancel),
            (point, report) =>
                $"{point.Point.Id}: {(report.Good ? "good" : "NOT good")}, {Text.Count(report.Images.Count, "image")} checked",
            cancel
        )
        );
        return command;
    }

    private static Command Restore(CliHost host, GlobalOptions global)
    {
        var id = FileId();
        var to =
            new Option<string>("--to") { Description = "The directory of the new images", HelpName = "DIR", Required = true };
        var command = new Command("restore", "Restores a point to new images, after a check. Overwrites nothing.") { id, to };
        command.SetAction((parsed, cancel) =>
        {
            var directory = Path.GetFullPath(parsed.GetRequiredValue(to));
            return WithFilesAsync(host, global, parsed, id,
                (images, point) => images.RestoreAsync(point, directory, cancel),
                (point, report) => report.Good
                    ? $"{point.Point.Id}: restored, {Text.Count(report.Images.Count, "image")} in {directory}"
                    : $"{point.Point.Id}: nothing is restored, the point is not good", cancel);
        });
        return command;
    }

    private static Argument<string> FileId() =>
        new("ID") { Description = $"A point's id, or the path of its directory or {PointSource.FileName}" };

    private static async Task<int> WithFilesAsync(
        CliHost host,
        GlobalOptions global,
        ParseResult parsed,
        Argument<string> id,
        Func<PointImages, LocalPoint, Task<PointReport>> act,
        Func<LocalPoint, PointReport, string> summary,
        CancellationToken cancel
    )
    {
        var json = global.IsJson(parsed);
        var point = await PointSource.FindAsync(parsed.GetRequiredValue(id), () => global.Connect(parsed, host), cancel)
            .ConfigureAwait(false);
        using var lines = new StatusLine(json ? host.Error : host.Out, host.IsTerminal && !json);
        var report = await act(new PointImages(new QemuImg(), lines.Tell, lines.Show), point).ConfigureAwait(false);
        if (json)
            CliJson.Write(host.Out, report);
        else
            lines.Tell(summary(point, report));
        return report.Good ? ExitCodes.Done : ExitCodes.Failed;
    }
}
