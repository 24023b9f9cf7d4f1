using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Http.Forwarding;
using Stored = QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>The images of points: read and checked where they are, hv1's here, hv2's by the node of that host.</summary>
public sealed class PointFileHttpTests : IAsyncLifetime, IDisposable
{
    private const string Image = "0123456789";

    private readonly NodeFixture _node = new();
    private readonly FakePeers _peers = new();
    private readonly TempDirectory _target = new();

    public async Task InitializeAsync()
    {
        await _node.InitializeAsync(services => services.AddSingleton(new Forwarder(_peers)));
        _node.Orchestrator.Hosts.AddRange(
            new[] { "hv1", "hv2" }.Select(host => new HostStatus(host, HostState.Up, null, null, null)));
    }

    public Task DisposeAsync() => _node.DisposeAsync();

    public void Dispose()
    {
        _target.Dispose();
        _node.Dispose();
    }

    [Fact]
    public async Task An_image_is_sent_whole_or_from_an_offset_with_its_sum_as_its_tag()
    {
        await MakeAsync("p1");
        var whole = await ReadAsync("p1", 0);
        Assert.Equal((HttpStatusCode.OK, Image, Tag), (whole.StatusCode, await TextAsync(whole), whole.Headers.ETag?.Tag));

        var part = await ReadAsync("p1", 0, from: 4, tag: Tag);
        Assert.Equal((HttpStatusCode.PartialContent, Image[4..]), (part.StatusCode, await TextAsync(part)));
        Assert.Equal("bytes 4-9/10", part.Content.Headers.ContentRange?.ToString());

        var other = await ReadAsync("p1", 0, from: 4, tag: "\"of-another-image\"");
        Assert.Equal((HttpStatusCode.OK, Image), (other.StatusCode, await TextAsync(other)));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, (await ReadAsync("p1", 0, from: 10)).StatusCode);
    }

    [Fact]
    public async Task A_viewer_reads_no_guests_disk_and_each_reading_is_audited_before_it_begins()
    {
        await MakeAsync("p2");
        using var viewer = await _node.AsAsync("viewer");
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.GetAsync("/v1/recovery-points/p2/disks/0")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsync("/v1/recovery-points/p2/verify", null)).StatusCode);

        using var reader = await _node.AsAsync("operator");
        await TextAsync(await reader.GetAsync("/v1/recovery-points/p2/disks/0"));
        Assert.Contains(
            (await _node.Admin.GetFromJsonAsync(ApiRoutes.Audit, ApiJson.Default.PageAuditRecord))!.Items,
            line => line is { Who: "a-operator", Outcome: "asked", Detail: "p2 disk 0" });
    }

    [Fact]
    public async Task A_disk_that_is_not_there_is_refused_with_what_to_do()
    {
        var point = await MakeAsync("p3");
        File.Delete(Path.Combine(point.Directory, "0.qcow2"));
        Assert.Equal(HttpStatusCode.NotFound, (await ReadAsync("nope", 0)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await ReadAsync("p3", 7)).StatusCode);
        var gone = await ReadAsync("p3", 0);
        Assert.Equal(HttpStatusCode.Conflict, gone.StatusCode);
        var problem = (await gone.Content.ReadFromJsonAsync(ApiJson.Default.Problem))!;
        Assert.Contains("Mount its target", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_in_a_points_directory_leads_nowhere()
    {
        var secret = _target.Write("secret", "of the host");
        var point = await MakeAsync("p4");
        File.Delete(Path.Combine(point.Directory, "0.qcow2"));
        File.CreateSymbolicLink(Path.Combine(point.Directory, "0.qcow2"), secret);
        Assert.Equal(HttpStatusCode.Conflict, (await ReadAsync("p4", 0)).StatusCode);
        Assert.False((await VerifyAsync("p4")).Good);
    }

    [Fact]
    public async Task A_file_of_the_machine_is_sent_and_checked_as_an_image_is()
    {
        var point = await MakeAsync("p8");
        const string route = "/v1/recovery-points/p8/machine/";
        var read = await _node.Admin.GetAsync(route + "toy.txt");
        Assert.Equal((HttpStatusCode.OK, Image, Tag), (read.StatusCode, await TextAsync(read), read.Headers.ETag?.Tag));
        foreach (var other in new[] { "point.json", "..%2Fpoint.json", "other" })
            Assert.Equal(HttpStatusCode.NotFound, (await _node.Admin.GetAsync(route + other)).StatusCode);
        using var viewer = await _node.AsAsync("viewer");
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.GetAsync(route + "toy.txt")).StatusCode);

        await File.WriteAllTextAsync(Path.Combine(point.Directory, "machine", "toy.txt"), "tampered");
        var bad = await VerifyAsync("p8");
        Assert.False(bad.Good);
        Assert.All(bad.Images, image => Assert.True(image.Good));
        Assert.Contains("it has changed", Assert.Single(bad.Machine).Reason, StringComparison.Ordinal);
        File.Delete(Path.Combine(point.Directory, "machine", "toy.txt"));
        Assert.Equal(HttpStatusCode.Conflict, (await _node.Admin.GetAsync(route + "toy.txt")).StatusCode);
    }

    [Fact]
    public async Task A_check_tells_each_image_whatever_the_others_are()
    {
        var point = await MakeAsync("p5");
        var good = await VerifyAsync("p5");
        Assert.Equal((true, "hv1", 2, 1), (good.Good, good.Host, good.Images.Count, good.Machine.Count));

        await File.WriteAllTextAsync(Path.Combine(point.Directory, "0.qcow2"), "tampered");
        var bad = await VerifyAsync("p5");
        Assert.Equal([false, true], bad.Images.Select(image => image.Good));
        Assert.Contains("it has changed", bad.Images[0].Reason, StringComparison.Ordinal);
        Assert.Contains(
            (await _node.Admin.GetFromJsonAsync(ApiRoutes.Audit, ApiJson.Default.PageAuditRecord))!.Items,
            line => line is { Detail: "p5: 1 of 3 files are not good", Outcome: "done", Vm: "hv1/vm-p5" });
    }

    [Fact]
    public async Task Another_hosts_point_is_read_and_checked_by_that_hosts_node()
    {
        await MakeAsync("p6", host: "hv2");
        _peers.Answers["hv2"] = request => request.Method == HttpMethod.Post
            ? new(HttpStatusCode.OK)
            {
                Content = JsonContent.Create(new PointCheck("p6", "hv2", true, []), ApiJson.Default.PointCheck),
            }
            : new(HttpStatusCode.PartialContent)
            {
                Content = new StringContent(Image[6..]) { Headers = { ContentRange = new ContentRangeHeaderValue(6, 9, 10) } },
            };
        var part = await ReadAsync("p6", 0, from: 6, tag: Tag);
        Assert.Equal((HttpStatusCode.PartialContent, Image[6..]), (part.StatusCode, await TextAsync(part)));
        Assert.Equal("bytes 6-9/10", part.Content.Headers.ContentRange?.ToString());
        Assert.Equal("hv2", (await VerifyAsync("p6")).Host);
        Assert.Equal(
            [("hv2", "GET /v1/recovery-points/p6/disks/0", "admin"), ("hv2", "POST /v1/recovery-points/p6/verify", "admin")],
            _peers.Asked.Select(asked => (asked.Host, asked.Asked, asked.Caller!)));
    }

    [Fact]
    public async Task The_point_of_a_host_that_is_away_is_refused_and_the_host_is_named()
    {
        await MakeAsync("p7", host: "hv2");
        var check = await _node.Admin.PostAsync("/v1/recovery-points/p7/verify", null);
        foreach (var answer in new[] { await ReadAsync("p7", 0), check })
        {
            var problem = (await answer.Content.ReadFromJsonAsync(ApiJson.Default.Problem))!;
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "unreachable"), (answer.StatusCode, problem.Code));
            Assert.Contains("hv2", problem.Detail, StringComparison.Ordinal);
            Assert.Contains("qgactl host show hv2", problem.Remedy, StringComparison.Ordinal);
        }
    }

    private static string Sum { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Image)));

    private static string Tag => $"\"{Sum}\"";

    private async Task<Stored.RecoveryPoint> MakeAsync(string id, string host = "hv1")
    {
        var disks = Enumerable.Range(0, 2).Select(
            disk => new Stored.PointDisk(disk, "n", "q", $"{disk}.qcow2", 1, Image.Length, Sum, "covered")).ToList();
        var point = new Stored.RecoveryPoint(
            1, id, "vm-" + id, host, "5ac3fd5e-0000-0000-0000-000000000001", "r", null, null, "full", "filesystem", disks,
            new(null, null, null, null, null, null, null))
        {
            Directory = Path.Combine(_target.Path, host, id),
            Machine = new(
                "toy", [new("toy.txt", "description", Image.Length, Sum, DateTimeOffset.UnixEpoch)], ["a", "b"], [], []),
        };
        Directory.CreateDirectory(point.Directory);
        if (host == "hv1")
        {
            foreach (var disk in disks) await File.WriteAllTextAsync(Path.Combine(point.Directory, disk.File), Image);
            Directory.CreateDirectory(Path.Combine(point.Directory, "machine"));
            await File.WriteAllTextAsync(Path.Combine(point.Directory, "machine", "toy.txt"), Image);
        }
        await _node.Views.SavePointAsync(point, DateTimeOffset.UnixEpoch);
        return point;
    }

    private async Task<HttpResponseMessage> ReadAsync(string id, int disk, long? from = null, string? tag = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/recovery-points/{id}/disks/{disk}");
        if (from is { } offset) request.Headers.Range = new(offset, null);
        if (tag is not null) request.Headers.IfRange = new(new EntityTagHeaderValue(tag));
        return await _node.Admin.SendAsync(request);
    }

    private async Task<PointCheck> VerifyAsync(string id) =>
        (await (await _node.Admin.PostAsync($"/v1/recovery-points/{id}/verify", null))
            .Content.ReadFromJsonAsync(ApiJson.Default.PointCheck))!;

    private static Task<string> TextAsync(HttpResponseMessage answer) => answer.Content.ReadAsStringAsync();
}
