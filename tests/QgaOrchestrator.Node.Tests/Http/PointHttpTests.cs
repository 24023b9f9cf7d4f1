using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Points;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Runs;
using Stored = QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>Recovery points are deleted with their files, and what is needed stays.</summary>
public sealed class PointHttpTests(NodeFixture node) : IClassFixture<NodeFixture>, IDisposable
{
    private readonly TempDirectory _target = new();

    public void Dispose() => _target.Dispose();

    [Fact]
    public async Task A_point_goes_with_its_images_its_directory_and_its_row()
    {
        var point = await MakeAsync("gone");

        var answer = await DeleteAsync("gone");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var deleted = await DeletedAsync(answer);
        Assert.Equal(["point.json", "0.qcow2", "1.qcow2"], deleted.Removed.Select(Path.GetFileName));
        Assert.Empty(deleted.Missing.Concat(deleted.Left));
        Assert.False(Directory.Exists(Path.GetDirectoryName(point.Directory)));
        Assert.Equal(HttpStatusCode.NotFound, (await node.Admin.GetAsync("/v1/recovery-points/gone")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync("gone")).StatusCode);
        Assert.Equal([("gone", "refused"), ("gone: 3 files deleted, 0 missing, 0 left", "done")], await AuditOfAsync("gone"));
    }

    [Fact]
    public async Task A_deletion_reports_missing_and_remaining_files()
    {
        var point = await MakeAsync("odd");
        File.Delete(Path.Combine(point.Directory, "1.qcow2"));
        await File.WriteAllTextAsync(Path.Combine(point.Directory, "undo.json"), "{}");

        var deleted = await DeletedAsync(await DeleteAsync("odd"));

        Assert.Equal(["1.qcow2"], deleted.Missing.Select(Path.GetFileName));
        Assert.Equal([Path.Combine(point.Directory, "undo.json")], deleted.Left);
        Assert.True(File.Exists(deleted.Left[0]));
    }

    [Fact]
    public async Task A_directory_that_is_not_there_may_be_on_a_target_that_is_not_mounted()
    {
        var point = await MakeAsync("unmounted");
        Directory.Delete(point.Directory, recursive: true);

        var refused = await DeleteAsync("unmounted");
        Assert.Contains("--missing", (await ProblemAsync(refused)).Remedy, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await node.Admin.GetAsync("/v1/recovery-points/unmounted")).StatusCode);

        Assert.Equal(3, (await DeletedAsync(await DeleteAsync("unmounted?missing=true"))).Missing.Count);
    }

    [Fact]
    public async Task A_failed_deletion_is_reported_ends_the_point_and_resumes_at_the_next_try()
    {
        var point = await MakeAsync("stuck");
        var image = Path.Combine(point.Directory, "1.qcow2");
        File.Delete(image);
        Directory.CreateDirectory(image);

        Assert.StartsWith(
            "Not all of point stuck could be deleted",
            (await ProblemAsync(await DeleteAsync("stuck"))).Detail,
            StringComparison.Ordinal
        );
        Assert.False(File.Exists(Path.Combine(point.Directory, "point.json")));

        Directory.Delete(image);
        await DeletedAsync(await DeleteAsync("stuck"));
        Assert.False(Directory.Exists(point.Directory));
    }

    [Fact]
    public async Task A_parent_stays_until_its_children_are_gone()
    {
        await MakeAsync("parent");
        await MakeAsync("child", parent: "parent");

        Assert.Contains(
            "is the parent of child", (await ProblemAsync(await DeleteAsync("parent"))).Detail, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await DeleteAsync("child")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await DeleteAsync("parent")).StatusCode);
    }

    [Fact]
    public async Task A_point_of_a_run_that_has_not_ended_stays()
    {
        var point = await MakeAsync("fresh", run: "r-fresh");
        var run = new RunSummary(
            "r-fresh",
            "backup",
            "*",
            RunPhase.Running,
            null,
            new()
            {
                Total = 2,
                Succeeded = 1,
                Running = 1,
            },
            DateTimeOffset.UnixEpoch,
            null,
            null,
            new()
            {
                MaxParallel = 50,
                MaxFailures = CountOrPercent.All,
                MaxUnreachable = CountOrPercent.All,
            }
        );
        await node.Views.SaveRunAsync(run);
        node.Orchestrator.Runs["r-fresh"] = new RunView(run, [], []);

        Assert.Contains(
            "Run r-fresh, which made point fresh, has not ended",
            (await ProblemAsync(await DeleteAsync("fresh"))).Detail,
            StringComparison.Ordinal
        );
        Assert.Equal(3, Directory.GetFiles(point.Directory).Length);
    }

    [Fact]
    public async Task Another_points_directory_is_not_touched()
    {
        var point = await MakeAsync("mine");
        await WriteAsync(point with { Id = "yours" });

        Assert.Contains(
            "holds another point, yours", (await ProblemAsync(await DeleteAsync("mine"))).Detail, StringComparison.Ordinal);
        Assert.Equal(3, Directory.GetFiles(point.Directory).Length);
    }

    [Fact]
    public async Task A_name_that_leads_out_of_the_directory_deletes_nothing_there()
    {
        var precious = _target.Write("precious", "yes");
        var point = await MakeAsync("hostile");
        await node.Views.SavePointAsync(
            point with { Disks = [point.Disks[0] with { File = "../../precious" }] }, DateTimeOffset.UnixEpoch);

        await DeleteAsync("hostile");

        Assert.True(File.Exists(precious));
    }

    [Fact]
    public async Task A_deletion_that_the_nodes_end_cut_short_is_finished_by_the_next_start()
    {
        var point = await MakeAsync("half");
        File.Delete(Path.Combine(point.Directory, "point.json"));
        File.Delete(Path.Combine(point.Directory, "0.qcow2"));
        var notes = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(node.TokenFile)!, "deletions")).FullName;
        await File.WriteAllTextAsync(Path.Combine(notes, "half"), "");

        await node.Service<PointRemoval>().ResumeAsync();

        Assert.False(Directory.Exists(point.Directory));
        Assert.Null(await node.Views.GetPointAsync("half"));
        Assert.Empty(Directory.GetFiles(notes));
    }

    private async Task<Stored.RecoveryPoint> MakeAsync(string id, string? parent = null, string run = "r-ended")
    {
        var point = new Stored.RecoveryPoint(
            1,
            id,
            "vm-" + id,
            "hv1",
            "5ac3fd5e-0000-0000-0000-000000000001",
            run,
            null,
            parent,
            "full",
            "filesystem",
            [
                .. Enumerable
                    .Range(0, 2)
                    .Select(disk => new Stored.PointDisk(disk, "n", "q", $"{disk}.qcow2", 1, 1, "00", "covered")),
            ],
            new(null, null, null, null, null, null, null)
        )
        { Directory = Path.Combine(_target.Path, "hv1~vm-" + id, id) };
        Directory.CreateDirectory(point.Directory);
        foreach (var disk in point.Disks) await File.WriteAllTextAsync(Path.Combine(point.Directory, disk.File), "image");
        await WriteAsync(point);
        await node.Views.SavePointAsync(point, DateTimeOffset.UnixEpoch);
        return point;
    }

    private static Task WriteAsync(Stored.RecoveryPoint point) =>
        File.WriteAllBytesAsync(
            Path.Combine(point.Directory, "point.json"),
            JsonSerializer.SerializeToUtf8Bytes(point, Stored.PointJson.Default.RecoveryPoint)
        );

    private Task<HttpResponseMessage> DeleteAsync(string id) => node.Admin.DeleteAsync($"/v1/recovery-points/{id}");

    private static async Task<DeletedPoint> DeletedAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(ApiJson.Default.DeletedPoint))!;
    }

    private static async Task<Problem> ProblemAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(ApiJson.Default.Problem))!;
    }

    private async Task<IEnumerable<(string?, string)>> AuditOfAsync(string id)
    {
        var page = await node.Admin.GetFromJsonAsync("/v1/audit?limit=1000", ApiJson.Default.PageAuditRecord);
        return page!.Items.Where(entry => entry.Detail?.StartsWith(id, StringComparison.Ordinal) == true).Select(
            entry => (entry.Detail, entry.Outcome));
    }
}
