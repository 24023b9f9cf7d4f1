using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>point delete</c>: the images, point.json and the catalog's row of one point, for good.</summary>
internal static class PointDeleteCommand
{
    public static Command Build(CliHost host, GlobalOptions global)
    {
        var id = new Argument<string>("ID") { Description = "A point's id" };
        var missing =
            new Option<bool>("--missing") { Description = "Removes the catalog's entry of a point whose directory is gone" };
        var yes = Confirmation.Yes();
        var command = new Command("delete", "Deletes a point: its images, its point.json and its entry in the catalog.")
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
                ? await QuestionAsync(client, point, cancel).ConfigureAwait(false)
                : $"Delete the recovery point {point}?";
            if (!Confirmation.Given(host, parsed.GetValue(yes), question)) return ExitCodes.Failed;
            var deleted = await client.DeletePointAsync(point, parsed.GetValue(missing), cancel).ConfigureAwait(false);
            if (global.IsJson(parsed)) CliJson.Write(host.Out, deleted);
            else Tell(host, deleted);
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task<string> QuestionAsync(QgaClient client, string id, CancellationToken cancel)
    {
        var point = await client.GetPointAsync(id, cancel).ConfigureAwait(false);
        return $"Delete the recovery point {point.Id} of {point.Vm}, cut at {Text.Time(point.Proof.CutAt)}: "
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
