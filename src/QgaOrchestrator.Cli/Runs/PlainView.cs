using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Runs;

/// <summary>A run as lines for a log: each item's end, each state of the run, and now and then where it stands.</summary>
internal sealed class PlainView(TextWriter to, TimeProvider time, KindDisplays kinds)
{
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(5);
    private readonly Dictionary<int, (string State, int Attempt)> _told = [];
    private (string State, string? Reason)? _state;
    private (int Turn, bool Soaking)? _wave;
    private DateTimeOffset? _progressTold;

    public void Show(RunUpdate change, RunBoard board)
    {
        switch (change)
        {
            case RunUpdate.RunChanged { Run: var run }:
                if (_state != (run.State, run.Reason))
                    Line($"{kinds.NameOf(run)} {run.Id} {run.State}{(run.Reason is null ? "" : $": {run.Reason}")}");
                _state = (run.State, run.Reason);
                TellWave(board);
                break;
            case RunUpdate.ItemChanged { Item: var item } when IsNews(item):
                Line(ItemLine(item, board));
                break;
            case RunUpdate.Progressed when _progressTold is not { } told || time.GetUtcNow() - told >= ProgressEvery:
                _progressTold = time.GetUtcNow();
                if (board.Run is { State: not RunStates.Waiting } running)
                    Line(ProgressLine(board, running));
                break;
        }
    }

    public void Line(string text) => to.WriteLine($"{Text.Time(time.GetUtcNow())} {text}");

    private void TellWave(RunBoard board)
    {
        var turn = (board.Run?.Waves ?? []).TakeWhile(wave => wave.State == WaveStates.Done).Count();
        var soaking = board.Run?.Waves?.ElementAtOrDefault(turn)?.BeginsAt is not null;
        if (_wave == (turn, soaking) || board.WaveLine(time.GetUtcNow()) is not { } line)
            return;
        _wave = (turn, soaking);
        Line(line);
    }

    private bool IsNews(ItemStatus item)
    {
        if (
            item.State is ItemStates.Pending or ItemStates.Running
            || _told.GetValueOrDefault(item.Index) == (item.State, item.Attempt)
        )
            return false;
        _told[item.Index] = (item.State, item.Attempt);
        return true;
    }

    private string ItemLine(ItemStatus item, RunBoard board) =>
        item.State == ItemStates.Succeeded
            ? $"{item.Vm} succeeded{(board.Run is { } run && kinds.Of(run.Kind).Success(item) is { } what ? $": {what}" : "")}"
        : $"{item.Vm} {item.State}{(item.Step is null ? "" : $" in {item.Step}")}: "
            + (item.Reason?.TrimEnd('.') ?? "no reason given") + (item.Remedy is null ? "" : $". {item.Remedy}");

    private string ProgressLine(RunBoard board, Run run)
    {
        var now = time.GetUtcNow();
        var frozen = board.FrozenAt(now).Select(item => $"{item.Vm} {Text.Milliseconds(item.Ms)}").ToList();
        return $"{board.Done}/{run.Items.Total} done, {run.Items.Running} running"
            + (
                board.Progress is { Total: > 0 } copy
                    ? $", copied {Text.Bytes(copy.Copied)} of {Text.Bytes(copy.Total)} at {Text.Bytes(copy.Rate)}/s"
                    : ""
            )
            + (frozen.Count == 0 ? "" : $", frozen now: {string.Join(", ", frozen)}")
            + (board.TimeLeft(now) is { } left ? $", {Text.Span(left)} left" : "");
    }
}
