using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Runs;

/// <summary>
/// Follows a run to its end: live on a terminal, as lines elsewhere (on standard error where the answer is JSON). Ctrl-C
/// detaches, which is done; SIGTERM ends qgactl before the run has ended, which has failed. The run goes on in either case.
/// </summary>
internal sealed class RunFollower(CliHost host, QgaClient client, bool json)
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(250);

    public async Task<int> FollowAsync(string id, CancellationToken cancel)
    {
        try
        {
            await (host.IsTerminal && !json ? LiveAsync(id, cancel) : PlainAsync(id, cancel)).ConfigureAwait(false);
            var report = await ReportAsync(client, id, cancel).ConfigureAwait(false);
            if (json)
                CliJson.Write(host.Out, report);
            else
                FinalTable.Write(host.Screen, report, host.Kinds.Of(report.Run.Kind));
            return ExitCodeOf(report.Run.State);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            var again = $"Watch it again: qgactl run watch {id}";
            if (host.IsTerminated())
            {
                CliErrors.Write(host.Error, $"terminated: run {id} continues on the node.", again);
                return ExitCodes.Failed;
            }
            (json ? host.Error : host.Out).WriteLine($"Detached: the run continues. {again}");
            return ExitCodes.Done;
        }
        catch (NodeUnreachableException)
        {
            host.Error.WriteLine($"qgactl: the run continues when its node is back. Watch it again: qgactl run watch {id}");
            throw;
        }
    }

    /// <summary>Has the node start a run, and tells its warnings. Who is interrupted meanwhile is told that it may be under
    /// way.</summary>
    public static async Task<Run> StartAsync(CliHost host, Func<Task<Run>> start)
    {
        try
        {
            var run = await start().ConfigureAwait(false);
            CliErrors.Warn(host.Error, run.Warnings);
            return run;
        }
        catch (OperationCanceledException)
        {
            throw new CommandFailedException(
                "interrupted while the run was being started: it may be under way.",
                "Look for it before you start another: qgactl run list"
            );
        }
    }

    public static async Task<RunReport> ReportAsync(QgaClient client, string id, CancellationToken cancel)
    {
        var run = await client.GetRunAsync(id, cancel).ConfigureAwait(false);
        var items = new List<ItemStatus>();
        await foreach (var item in client.ListRunItemsAsync(id, cancel).ConfigureAwait(false))
            items.Add(item);
        return new RunReport(run, items);
    }

    public static int ExitCodeOf(string state) => state switch
    {
        RunStates.Succeeded => ExitCodes.Done,
        RunStates.Partial => ExitCodes.Partial,
        _ => ExitCodes.Failed,
    };

    private async Task PlainAsync(string id, CancellationToken cancel)
    {
        var view = new PlainView(json ? host.Error : host.Out, host.Time, host.Kinds);
        var board = new RunBoard();
        await foreach (
            var change in client
                .WatchRunAsync(id, why => view.Line($"no connection, trying again: {why}"), cancel)
                .ConfigureAwait(false)
        )
        {
            board = board.With(change, host.Time.GetUtcNow());
            view.Show(change, board);
        }
    }

    private async Task LiveAsync(string id, CancellationToken cancel)
    {
        var gate = new Lock();
        var board = new RunBoard();
        using var screen = new LiveScreen(host.Out);

        void Draw()
        {
            var (width, height) = host.Size();
            screen.Draw(LiveView.Render(board, host.Kinds, host.Time.GetUtcNow(), width - 1, height));
        }

        void Change(Func<RunBoard, RunBoard> change)
        {
            lock (gate)
            {
                board = change(board);
                Draw();
            }
        }

        // Between two events time goes on for who is frozen.
        var timer = host.Time.CreateTimer(_ => Change(same => same), null, Redraw, Redraw);
        try
        {
            var lost = (string why) => Change(now => now with { Lost = why });
            await foreach (var change in client.WatchRunAsync(id, lost, cancel).ConfigureAwait(false))
                Change(now => now.With(change, host.Time.GetUtcNow()));
        }
        finally
        {
            await timer.DisposeAsync().ConfigureAwait(false);
        }
    }
}
