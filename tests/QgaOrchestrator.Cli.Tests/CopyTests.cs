using System.Net;
using System.Security.Cryptography;
using System.Text;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>vm cp: what is asked of the node, what lies here afterwards, and what is said.</summary>
public sealed class CopyTests : IDisposable
{
    private const string File = "/v1/vms/db1/file", Query = "path=%2Fsrv%2Fapp";

    private const string Content = "what the guest holds\n";

    private static readonly string Sum = Hash(Content);

    private readonly string _folder = Directory.CreateTempSubdirectory("qga-cli-").FullName;

    private string Here => Path.Combine(_folder, "app");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_pull_lies_under_its_name_when_its_sum_is_the_guests_for_its_owner_alone()
    {
        var node = new FakeNode().Answers($"GET {File}?{Query}", Body(Content)).Answers(
            Digest(Content.Length), Told(Content.Length, Sum));

        var ended = await Qga.RunAsync(node, ["vm", "cp", "db1:/srv/app", _folder]);

        Assert.Equal((0, ""), (ended.Code, ended.Error));
        Assert.Contains("the same on both sides (sha256sum in the guest)", ended.Out, StringComparison.Ordinal);
        Assert.Equal(Content, await System.IO.File.ReadAllTextAsync(Here));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(Here));
        Assert.Equal([Here], Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task A_partial_download_resumes_where_its_content_matches_the_guests_file()
    {
        await System.IO.File.WriteAllTextAsync(Here + ".part", Content[..8]);
        var node = new FakeNode().Answers(Digest(8), Told(8, Hash(Content[..8])))
            .Answers($"GET {File}?{Query}&offset=8", Body(Content[8..])).Answers(
                Digest(Content.Length), Told(Content.Length, Sum, "read"));

        var ended = await Qga.RunAsync(node, ["vm", "cp", "db1:/srv/app", Here, "-o", "json"]);

        Assert.Equal(0, ended.Code);
        Assert.Contains("\"resumed\": 8", ended.Out, StringComparison.Ordinal);
        Assert.Contains("\"checked\": \"read\"", ended.Out, StringComparison.Ordinal);
        Assert.Equal(Content, await System.IO.File.ReadAllTextAsync(Here));
    }

    [Fact]
    public async Task What_an_earlier_pull_left_of_another_file_is_thrown_away()
    {
        await System.IO.File.WriteAllTextAsync(Here + ".part", "another");
        var node = new FakeNode().Answers(Digest(7), Told(7, Hash(Content[..7])))
            .Answers($"GET {File}?{Query}", Body(Content)).Answers(Digest(Content.Length), Told(Content.Length, Sum));

        Assert.Equal(0, (await Qga.RunAsync(node, ["vm", "cp", "db1:/srv/app", Here])).Code);
        Assert.Equal(Content, await System.IO.File.ReadAllTextAsync(Here));
    }

    [Fact]
    public async Task A_link_in_the_place_of_what_is_pulled_leads_nowhere()
    {
        var victim = Path.Combine(_folder, "victim");
        await System.IO.File.WriteAllTextAsync(victim, "whole");
        System.IO.File.CreateSymbolicLink(Here + ".part", victim);

        var ended = await Qga.RunAsync(new FakeNode(), ["vm", "cp", "db1:/srv/app", Here]);

        Assert.Equal(1, ended.Code);
        Assert.Contains($"{Here}.part is a symbolic link", ended.Error, StringComparison.Ordinal);
        Assert.Equal("whole", await System.IO.File.ReadAllTextAsync(victim));
    }

    [Fact]
    public async Task A_pull_that_breaks_off_goes_on_where_it_broke()
    {
        var node = new FakeNode()
            .Answers(
                $"GET {File}?{Query}", () => new HttpResponseMessage { Content = new StreamContent(new Broken(Content[..8])) })
            .Answers(Digest(8), Told(8, Hash(Content[..8])))
            .Answers($"GET {File}?{Query}&offset=8", Body(Content[8..])).Answers(
                Digest(Content.Length), Told(Content.Length, Sum));

        var ended = await Qga.RunAsync(node, ["vm", "cp", "db1:/srv/app", Here]);

        Assert.Equal((0, ""), (ended.Code, ended.Error));
        Assert.Equal(Content, await System.IO.File.ReadAllTextAsync(Here));
    }

    [Fact]
    public async Task A_file_that_changes_while_it_is_read_is_not_put_in_place()
    {
        var node = new FakeNode().Answers($"GET {File}?{Query}", Body(Content)).Answers(
            Digest(Content.Length), Told(Content.Length, Hash("other")));

        var ended = await Qga.RunAsync(node, ["vm", "cp", "db1:/srv/app", Here]);

        Assert.Equal(1, ended.Code);
        Assert.Contains("changed while it was being read", ended.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task A_push_announces_size_sum_and_mode_and_sends_the_file()
    {
        await WriteAsync();
        var part = $"GET {File}/digest?path=%2Fsrv%2Fapp.{Sum[..12]}.part&bytes={Content.Length}";
        var put = $"PUT {File}?{Query}&bytes={Content.Length}&sha256={Sum}&newMode=0640";
        var node = new FakeNode()
            .Answers(part, Gone, HttpStatusCode.NotFound)
            .Answers(
                put,
                $$"""{"path":"/srv/app","bytes":{{Content.Length}},"sha256":"{{Sum}}","checked":"sha256sum","placed":"renamed"}"""
            );

        var ended = await Qga.RunAsync(node, ["vm", "cp", Here, "db1:/srv/"]);

        Assert.Equal((0, ""), (ended.Code, ended.Error));
        Assert.Equal([part, put], node.Requests.Select(asked => asked.Route));
        Assert.Equal(Content, node.Requests[1].Body);
    }

    [Fact]
    public async Task A_push_sends_what_the_guests_part_lacks()
    {
        await WriteAsync();
        var node = new FakeNode()
            .Answers($"GET {File}/digest?path=%2Fsrv%2Fapp.{Sum[..12]}.part&bytes={Content.Length}", Told(8, Hash(Content[..8])))
            .Answers($"PUT {File}?{Query}&bytes={Content.Length}&sha256={Sum}&offset=8&mode=0600&newMode=0640",
                $$"""{"path":"/srv/app","bytes":{{Content.Length}},"sha256":"{{Sum}}","checked":"read","placed":"renamed"}""");

        var ended = await Qga.RunAsync(node, ["vm", "cp", Here, "db1:/srv/app", "--mode", "0600"]);

        Assert.Equal(0, ended.Code);
        Assert.Equal(Content[8..], node.Requests[^1].Body);
        Assert.Contains("8 B of it were there already", ended.Out, StringComparison.Ordinal);
        Assert.Contains("read back from the guest", ended.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_in_place_starts_from_the_beginning()
    {
        await WriteAsync();
        var put = $"PUT {File}?{Query}&bytes={Content.Length}&sha256={Sum}&inPlace=true&newMode=0640";
        var node = new FakeNode().Answers(
            put,
            $$"""{"path":"/srv/app","bytes":{{Content.Length}},"sha256":"{{Sum}}","checked":"read","placed":"in-place"}"""
        );

        Assert.Equal(0, (await Qga.RunAsync(node, ["vm", "cp", "--in-place", Here, "db1:/srv/app"])).Code);
        Assert.Equal([put], node.Requests.Select(asked => asked.Route));
    }

    [Theory]
    [InlineData("/etc/hosts /tmp/x", "in a guest")]
    [InlineData("db1:/a db2:/b", "Both are in guests")]
    [InlineData("db1:etc/hosts .", "not an absolute path")]
    [InlineData("/nope db1:/a", "There is no file /nope")]
    [InlineData("/etc db1:/a", "is a folder")]
    [InlineData("db1:/a . --in-place", "goes into a guest")]
    [InlineData("/etc/hosts db1:/a --mode rwx", "--mode: 'rwx'")]
    public async Task What_cannot_be_meant_ends_with_2(string words, string named)
    {
        var node = new FakeNode();
        var ended = await Qga.RunAsync(node, ["vm", "cp", .. words.Split(' ')]);
        Assert.Equal(ExitCodes.Usage, ended.Code);
        Assert.Contains(named, ended.Error, StringComparison.Ordinal);
        Assert.Empty(node.Requests);
    }

    [Fact]
    public async Task Streamed_output_goes_where_it_belongs_and_the_code_is_the_guests()
    {
        var node = new FakeNode().Streams(
            "POST /v1/vms/db1/exec",
            $"event: out\ndata: {Base64("caf\u00e9"[..3])}\n\nevent: out\ndata: w6k=\n\nevent: err\ndata: "
                + $"{Base64("oh\n")}\n\nevent: new\ndata: {{}}\n\nevent: end\ndata: {{\"exitCode\":7,\"signal\":null}}\n\n"
        );

        var ended = await StreamAsync(node, "tail", "-f", "/log");

        Assert.Equal(new Ended(7, "caf\u00e9", "oh\n"), ended);
        Assert.Equal("""{"path":"tail","args":["-f","/log"],"env":null,"timeout":null}""", Assert.Single(node.Requests).Body);
    }

    [Theory]
    [InlineData("""{"exitCode":null,"signal":9}""", 137, "signal 9")]
    [InlineData(
        """{"exitCode":null,"signal":null,"reason":"it keeps running as pid 5","remedy":"End it."}""",
        125,
        "it keeps running as pid 5"
    )]
    public async Task A_signal_and_a_lost_process_are_told(string end, int code, string said)
    {
        var node = new FakeNode().Streams("POST /v1/vms/db1/exec", $"event: end\ndata: {end}\n\n");
        var ended = await StreamAsync(node, "x");
        Assert.Equal(code, ended.Code);
        Assert.Contains(said, ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_without_an_end_is_no_success()
    {
        var node = new FakeNode().Streams("POST /v1/vms/db1/exec", "event: out\ndata: aGk=\n\n");
        var ended = await StreamAsync(node, "x");
        Assert.Equal(125, ended.Code);
        Assert.Contains("the stream of its output ended", ended.Error, StringComparison.Ordinal);
    }

    private const string Gone =
        """{"title":"Not found","status":404,"code":"not-found","detail":"The guest has no such file.","remedy":null}""";

    private static Task<Ended> StreamAsync(FakeNode node, params string[] words) =>
        Qga.RunAsync(null, ["vm", "exec", "db1", "--stream", "--api", "http://node:7070", "--", .. words], host =>
            host with { Handler = node }
        );

    private async Task WriteAsync()
    {
        await System.IO.File.WriteAllTextAsync(Here, Content);
        System.IO.File.SetUnixFileMode(Here, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
    }

    private static string Digest(long bytes) => $"GET {File}/digest?{Query}&bytes={bytes}";

    private static string Told(long bytes, string sum, string how = "sha256sum") =>
        $$"""{"path":"/srv/app","bytes":{{bytes}},"sha256":"{{sum}}","how":"{{how}}"}""";

    private static Func<HttpResponseMessage> Body(string content) => () =>
    {
        var answer = new HttpResponseMessage { Content = new StringContent(content) };
        answer.Headers.Add("Qga-File-Size", $"{content.Length}");
        return answer;
    };

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>A body whose connection breaks behind these bytes.</summary>
    private sealed class Broken(string content) : MemoryStream(Encoding.UTF8.GetBytes(content))
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var count
                ? count
                : throw new HttpIOException(HttpRequestError.ResponseEnded);
    }
}
