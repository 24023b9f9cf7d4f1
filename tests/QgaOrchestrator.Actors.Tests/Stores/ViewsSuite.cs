using System.Text.Json;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Stores;

/// <summary>What every implementation of <see cref="IViews"/> does.</summary>
public abstract class ViewsSuite : IAsyncLifetime
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);
    private static readonly RunOptions Options =
        new() { MaxParallel = 50, MaxFailures = CountOrPercent.All, MaxUnreachable = CountOrPercent.All };

    private readonly List<IViews> _created = [];

    /// <summary>Another object over the same data, as a new process makes it. Earlier ones may not have been closed.</summary>
    protected abstract IViews Create();

    /// <summary>Changes the stored data to that of another version.</summary>
    protected abstract void MakeOlder();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var views in _created) await views.DisposeAsync();
    }

    [SkippableFact]
    public async Task Runs_are_listed_newest_first_in_pages_without_gap_or_repeat()
    {
        var views = await OpenAsync();
        // Two of the same moment: the id decides.
        foreach (var (id, hour) in new[] { ("a", 1), ("b", 2), ("c", 2), ("d", 3) })
            await views.SaveRunAsync(Run(id, T0.AddHours(hour)));

        Assert.Equal(["d", "c", "b", "a"], await PagesAsync(async after =>
        {
            var page = await views.ListRunsAsync(1, after);
            return (page.Items.Select(run => run.Id), page.Next);
        }));
    }

    [SkippableFact]
    public async Task Points_are_listed_newest_first_in_pages_without_gap_or_repeat()
    {
        var views = await OpenAsync();
        foreach (var (id, hour) in new[] { ("a", 1), ("b", 2), ("c", 2), ("d", 3) })
            await views.SavePointAsync(Point(id, "hv1", "vm1"), T0.AddHours(hour));

        Assert.Equal(["d", "c", "b", "a"], await PagesAsync(async after =>
        {
            var page = await views.ListPointsAsync(null, 1, after);
            return (page.Items.Select(point => point.Id), page.Next);
        }));
    }

    [SkippableFact]
    public async Task A_run_is_saved_again_over_itself_and_with_its_items_when_it_ends()
    {
        var views = await OpenAsync();
        await views.SaveRunAsync(Run("a", T0));
        var ended = Ended("a", T0);

        await views.SaveEndedRunAsync(ended, [Item(0), Item(1), Item(2)]);
        await views.SaveEndedRunAsync(ended, [Item(0), Item(1), Item(2)]);

        Assert.Equal(ended, await views.GetRunAsync("a"));
        Assert.Equal([1, 2], (await views.ListItemsAsync("a", 1, 5)).Select(item => item.Index));
        Assert.Empty(await views.ListItemsAsync("b", 0, 5));
    }

    [SkippableTheory]
    [InlineData(null, "p3,p2,p1")]
    [InlineData("vm1", "p2,p1")]
    [InlineData("hv2/vm1", "p2")]
    [InlineData("5ac3fd5e-0000-0000-0000-000000000001", "p1")]
    [InlineData("none", "")]
    public async Task Points_are_found_by_name_host_and_name_or_uuid(string? vm, string expected)
    {
        var views = await OpenAsync();
        await views.SavePointAsync(Point("p1", "hv1", "vm1") with { Uuid = "5ac3fd5e-0000-0000-0000-000000000001" }, T0);
        await views.SavePointAsync(Point("p2", "hv2", "vm1"), T0.AddHours(1));
        await views.SavePointAsync(Point("p3", "hv1", "vm3"), T0.AddHours(2));

        var page = await views.ListPointsAsync(vm, 10, null);

        Assert.Equal(expected, string.Join(',', page.Items.Select(point => point.Id)));
    }

    [SkippableFact]
    public async Task A_points_children_are_those_that_name_it_as_their_parent()
    {
        var views = await OpenAsync();
        await views.SavePointAsync(Point("p1", "hv1", "vm1"), T0);
        await views.SavePointAsync(Point("p3", "hv1", "vm1") with { Parent = "p1" }, T0);
        await views.SavePointAsync(Point("p2", "hv1", "vm1") with { Parent = "p1" }, T0);
        await views.SavePointAsync(Point("p4", "hv1", "vm1") with { Parent = "p2" }, T0);

        Assert.Equal(["p2", "p3"], await views.ListChildrenAsync(Point("p1", "hv1", "vm1")));
        Assert.Empty(await views.ListChildrenAsync(Point("p4", "hv1", "vm1")));
    }

    [SkippableFact]
    public async Task A_kill_after_any_write_loses_nothing_and_the_same_write_again_changes_nothing()
    {
        (Func<IViews, Task> Write, string Then)[] steps =
        [
            (views => views.SaveRunAsync(Run("r1", T0)), "r1 Running 0"),
            (views => views.SavePointAsync(Point("p1", "hv1", "vm1"), T0), "r1 Running 0 p1"),
            (views => views.SaveEndedRunAsync(Ended("r1", T0), [Item(0)]), "r1 Succeeded 1 p1"),
            (views => views.SavePointAsync(Point("p2", "hv1", "vm1"), T0.AddHours(1)), "r1 Succeeded 1 p2 p1"),
            (views => views.DeletePointAsync("p2"), "r1 Succeeded 1 p1"),
            (views => views.RemoveRunAsync("r1"), ""),
        ];
        foreach (var (write, then) in steps)
        {
            await write(await OpenAsync());
            Assert.Equal(then, await ToldAsync(await OpenAsync()));
            await write(await OpenAsync());
            Assert.Equal(then, await ToldAsync(await OpenAsync()));
        }
    }

    [SkippableFact]
    public async Task Concurrent_writes_are_all_kept()
    {
        var views = await OpenAsync();

        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => views.SaveRunAsync(Run($"r{i}", T0.AddSeconds(i)))));

        Assert.Equal(300, (await (await OpenAsync()).ListRunsAsync(1000, null)).Items.Count);
    }

    [SkippableFact]
    public async Task Views_are_rebuilt_when_missing_older_or_half_built_and_not_else()
    {
        var rebuilt = 0;
        await Assert.ThrowsAsync<OperationCanceledException>(() => New().OpenAsync(async views =>
        {
            await views.SaveRunAsync(Run("stale", T0));
            throw new OperationCanceledException("killed");
        }));

        await OpenCountedAsync();
        Assert.Equal(1, rebuilt);
        await OpenCountedAsync();
        Assert.Equal(1, rebuilt);
        MakeOlder();
        var views = await OpenCountedAsync();

        Assert.Equal(2, rebuilt);
        Assert.Equal("r2 Running 0", await ToldAsync(views));

        async Task<IViews> OpenCountedAsync()
        {
            var views = New();
            await views.OpenAsync(fresh => fresh.SaveRunAsync(Run($"r{++rebuilt}", T0)));
            return views;
        }
    }

    [SkippableFact]
    public async Task An_open_store_answers_a_ping() => await (await OpenAsync()).PingAsync();

    private async Task<IViews> OpenAsync()
    {
        var views = New();
        await views.OpenAsync(_ => Task.CompletedTask);
        return views;
    }

    private IViews New()
    {
        var views = Create();
        _created.Add(views);
        return views;
    }

    /// <summary>Runs with their state and items, then points.</summary>
    private static async Task<string> ToldAsync(IViews views)
    {
        var told = new List<string>();
        foreach (var run in (await views.ListRunsAsync(9, null)).Items)
            told.Add($"{run.Id} {run.Phase} {(await views.ListItemsAsync(run.Id, 0, 9)).Count}");
        told.AddRange((await views.ListPointsAsync(null, 9, null)).Items.Select(point => point.Id));
        return string.Join(' ', told);
    }

    private static async Task<IReadOnlyList<string>> PagesAsync(
        Func<ViewCursor?, Task<(IEnumerable<string> Ids, ViewCursor? Next)>> page)
    {
        var seen = new List<string>();
        ViewCursor? cursor = null;
        do
        {
            // As a caller sends it back.
            var (ids, next) = await page(cursor is null ? null : ViewCursor.Parse(cursor.ToString()));
            seen.AddRange(ids);
            cursor = next;
        }
        while (cursor is not null);
        return seen;
    }

    private static RunSummary Run(string id, DateTimeOffset at) =>
        new(id, "backup", "*", RunPhase.Running, null, new() { Total = 1, Pending = 1 }, at, null, null, Options);

    private static RunSummary Ended(string id, DateTimeOffset at) =>
        Run(id, at) with { Phase = RunPhase.Succeeded, EndedAt = at.AddHours(1) };

    private static RunItemView Item(int index) =>
        new(index, new VmId("hv1", $"vm{index}"), ItemState.Succeeded, 1, null, null, T0, T0)
        {
            Values = new OwnValues { ["colour"] = JsonSerializer.SerializeToElement($"red{index}") },
        };

    private static RecoveryPoint Point(string id, string host, string vm) =>
        new(1, id, vm, host, null, "r1", null, null, "full", "filesystem", [], new(null, null, null, null, null, null, null))
        {
            Directory = $"/points/{id}",
        };
}
