using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Points;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>A point whose files are on another host is checked there, and restored here.</summary>
public sealed class PointDownloadTests : IDisposable
{
    private const string Disk = "GET /v1/recovery-points/p1/disks/0", Image = "the whole image";

    private readonly string _root = Directory.CreateTempSubdirectory("qgactl-download-").FullName;

    private string Target => Path.Combine(_root, "restored");

    private string Part => Path.Combine(Target, ".p1.download", "0.part");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_point_elsewhere_is_copied_checked_and_restored_and_the_copy_goes()
    {
        var report = await RestoreAsync(new FakeNode().Answers(Disk, Whole));

        Assert.True(report.Good);
        var made = Assert.Single(Directory.GetFileSystemEntries(Target));
        Assert.Equal(("db1-disk0.qcow2", Image), (Path.GetFileName(made), await File.ReadAllTextAsync(made)));
    }

    [Fact]
    public async Task A_copy_that_broke_off_is_resumed_where_it_broke()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part)!);
        await File.WriteAllTextAsync(Part, Image[..4]);
        var node = new FakeNode().Answers(Disk, () => Ranged(4));

        Assert.True((await RestoreAsync(node)).Good);

        var asked = Assert.Single(node.Requests);
        Assert.Equal(("bytes=4-", $"\"{Sum(Image)}\""), (asked.Header("Range"), asked.Header("If-Range")));
        Assert.Equal(Image, await File.ReadAllTextAsync(Path.Combine(Target, "db1-disk0.qcow2")));
    }

    [Fact]
    public async Task A_node_that_sends_the_whole_image_again_is_not_appended_to_what_is_here()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part)!);
        await File.WriteAllTextAsync(Part, "of an older image"[..5]);
        Assert.True((await RestoreAsync(new FakeNode().Answers(Disk, Whole))).Good);
    }

    [Fact]
    public async Task A_half_copy_leaves_nothing_that_looks_whole()
    {
        var node = new FakeNode().Answers(Disk, Whole).Answers(
            "GET /v1/recovery-points/p1/disks/1",
            """{"title":"Unreachable","status":503,"code":"unreachable"}""", HttpStatusCode.ServiceUnavailable);
        await Assert.ThrowsAsync<ApiException>(() => RestoreAsync(node, PointOf(Image, Image)));

        Assert.Empty(Directory.GetFiles(Target));
        Assert.All(
            Directory.GetFiles(Target, "*", SearchOption.AllDirectories),
            file => Assert.Equal(".part", Path.GetExtension(file)));
    }

    [Fact]
    public async Task A_copy_that_is_not_as_recorded_restores_nothing_and_is_made_anew_the_next_time()
    {
        var other = Image.Replace("whole", "wrong", StringComparison.Ordinal);
        var report = await RestoreAsync(new FakeNode().Answers(Disk, () => Bytes(other)));
        Assert.False(report.Good);
        Assert.Empty(Directory.GetFiles(Target));

        Assert.True((await RestoreAsync(new FakeNode().Answers(Disk, Whole))).Good);
    }

    [Fact]
    public async Task Nothing_is_copied_for_a_directory_that_has_an_image()
    {
        Directory.CreateDirectory(Target);
        await File.WriteAllTextAsync(Path.Combine(Target, "db1-disk0.qcow2"), "precious");
        var node = new FakeNode();
        await Assert.ThrowsAsync<CommandFailedException>(() => RestoreAsync(node));
        Assert.Empty(node.Requests);
    }

    [Fact]
    public async Task A_point_elsewhere_is_checked_by_its_host()
    {
        var check = new PointCheck("p1", "hv2", false, [new ImageCheck(0, "/backup/p1/0.qcow2", false, "it is missing")]);
        var ended = await Qga.RunAsync(
            new FakeNode()
                .Answers("GET /v1/recovery-points/p1", JsonSerializer.Serialize(PointOf(Image), ApiJson.Default.Point))
                .Answers(
                    "POST /v1/recovery-points/p1/verify", JsonSerializer.Serialize(check, ApiJson.Default.PointCheck)),
            ["point", "verify", "p1"]);
        Assert.Equal(1, ended.Code);
        Assert.Contains("disk 0 on hv2: it is missing", ended.Out, StringComparison.Ordinal);
        Assert.Contains("p1: NOT good", ended.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../p1")]
    [InlineData("a/b")]
    public async Task A_node_cannot_name_a_place_outside_of_the_directory(string id)
    {
        var ended = await Qga.RunAsync(
            new FakeNode().Answers(
                "GET /v1/recovery-points/p1",
                JsonSerializer.Serialize(PointOf(Image) with { Id = id }, ApiJson.Default.Point)),
            ["point", "restore", "p1", "--to", Target]);
        Assert.Equal(1, ended.Code);
        Assert.False(Directory.Exists(Target));
    }

    private async Task<Output.PointReport> RestoreAsync(FakeNode node, Point? point = null)
    {
        using var client = new QgaClient(new Uri("http://node:7070"), "secret", TimeProvider.System, node);
        return await new PointDownload(client, _ => { }, TimeProvider.System).RestoreAsync(
            FakeQemuImg.Images(_root, _ => { }), point ?? PointOf(Image), Target, default);
    }

    private static Point PointOf(params string[] images) => new(
        "p1", "db1", null, "r", null, null, "full", "crash",
        [.. images.Select((text, i) => new PointImage(i, $"{i}.qcow2", 1, Sum(text)) { Bytes = text.Length })],
        new FreezeProof(null, null, null, null, null, null, null))
    { Host = "hv2", Directory = "/nonexistent/p1" };

    private static string Sum(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static HttpResponseMessage Whole() => Bytes(Image);

    private static HttpResponseMessage Bytes(string text) => new() { Content = new StringContent(text) };

    private static HttpResponseMessage Ranged(int from) => new(HttpStatusCode.PartialContent)
    {
        Content = new StringContent(Image[from..])
        {
            Headers = { ContentRange = new ContentRangeHeaderValue(from, Image.Length - 1, Image.Length) },
        },
    };
}
