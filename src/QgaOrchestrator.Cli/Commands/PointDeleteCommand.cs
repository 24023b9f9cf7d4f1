using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>point delete</c>: the images, point.json and the catalog's row of one point, for good.</summary>
internal static class PointDeleteCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var id = new Argument<string>("ID") { Description = "The id of a point: qgactl point list" };
        var missing =
            new Option<bool>("--missing") { Description = "Removes the catalog's entry of a point whose directory is gone" };
        var yes = Confirmation.Yes();
        var command = new CliCommand(
            "delete",
            "Deletes a point: its images, its point.json and its entry in the catalog. Asks first.",
            "qgactl point delete 01K8XQ5T-db1",
            "qgactl point delete 01K8XQ5T-db1 --missing --yes"
        )
        {
            id,
            missing,
            yes,
        };
        command.SetAction(
            async (parsed, cancel) =>
        {
            var point = parsed.GetRequiredValue(id);
            using var client = global.Connect(parsed, host);
            var asks = !parsed.GetValue(yes) && host.IsTerminal;
            var question = asks
                ? await QuestionAsync(host.Screen, client, point, cancel).ConfigureAwait(false)
                : $"Delete the recovery point {point}?";
            if (!Confirmation.Given(host, parsed.GetValue(yes), question)) return ExitCodes.Failed;
            var deleted = await client.DeletePointAsync(point, parsed.GetValue(missing), cancel).ConfigureAwait(false);
            if (global.IsJson(parsed)) CliJson.Write(host.Out, deleted);
            else Tell(host, deleted);
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task<string> QuestionAsync(Screen screen, QgaClient client, string id, CancellationToken cancel)
    {
        var point = await client.GetPointAsync(id, cancel).ConfigureAwait(false);
        return $"Delete the recovery point {point.Id} of {point.Vm}, cut at {screen.Time(point.Proof.CutAt)}: "
            + $"{Text.Count(point.Disks.Count, "image")}, {Text.Bytes(point.Disks.Sum(disk => disk.Bytes ?? disk.Size))}? "
                + $"Nothing brings it back.";
    }

    private static void Tell(CliHost host, DeletedPoint deleted)
    {
        host.Out.WriteLine($"{deleted.Id} of {deleted.Vm}: deleted, {Text.Count(deleted.Removed.Count, "file")}.");
        foreach (var file in deleted.Missing) host.Out.WriteLine($"  {file} was not there.");
        foreach (var file in deleted.Left) host.Out.WriteLine($"  {file} is left: it is not the point's.");
    }
}
