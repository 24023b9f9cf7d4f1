using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>/v1/vms/{vm}/file and /exec at the edge: who may, what is wrong, what is audited. Beyond it:
/// GuestFilesTests.</summary>
public sealed class FileHttpTests : IAsyncLifetime, IDisposable
{
    private const string Marker = "marker-c0ntent-0f-a-file";

    private const string Sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private readonly NodeFixture _node = new();

    public async Task InitializeAsync()
    {
        await _node.InitializeAsync();
        _node.Orchestrator.AddVm("hv1", "f1");
        _node.Orchestrator.Answer = (command, arguments) => command switch
        {
            "guest-file-open" when arguments.Contains("/nope", StringComparison.Ordinal) =>
                new CallReply.AgentFailed("GenericError", "failed to open file '/nope' (mode: 'r'): No such file or directory"),
            "guest-file-open" => Returned("1000"),
            "guest-file-seek" => Returned($$"""{"position":{{Marker.Length}},"eof":false}"""),
            "guest-file-read" => Read(),
            "guest-file-close" => Returned("{}"),
            _ => new CallReply.Refused(CallRefusal.Disabled, $"the guest's administrator disabled {command}", "Allow it"),
        };

        CallReply.Returned Read()
        {
            var rest = Encoding.UTF8.GetBytes(Marker)[Math.Min(Marker.Length, _read)..];
            _read = Marker.Length;
            return Returned($$"""{"count":{{rest.Length}},"buf-b64":"{{Convert.ToBase64String(rest)}}","eof":true}""");
        }
    }

    private int _read;

    public Task DisposeAsync() => _node.DisposeAsync();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_file_is_sent_whole_with_its_size_and_only_its_path_is_audited()
    {
        using var answer = await _node.Admin.GetAsync("/v1/vms/f1/file?path=/etc/secret");

        Assert.Equal(Marker, await answer.Content.ReadAsStringAsync());
        Assert.Equal($"{Marker.Length}", answer.Headers.GetValues(ApiRoutes.FileSizeHeader).Single());
        var told = (await _node.Admin.GetFromJsonAsync(ApiRoutes.Audit, ApiJson.Default.PageAuditRecord))!.Items;
        Assert.Equal(
            [
                ("GET /v1/vms/{vm}/file", "hv1/f1", "done", $"/etc/secret, {Marker.Length} bytes"),
                ("GET /v1/vms/{vm}/file", "f1", "asked", null),
            ],
            told.Select(entry => (entry.What, entry.Vm, entry.Outcome, entry.Detail))
        );
        foreach (
            var file in Directory
                .GetFiles(Path.GetDirectoryName(_node.TokenFile)!)
                .Where(file => Path.GetFileName(file) != "qgad.lock")
        )
        {
            await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var text = new StreamReader(open, Encoding.Latin1);
            Assert.DoesNotContain(Marker, await text.ReadToEndAsync());
        }
        Assert.Equal("guest-file-close", _node.Orchestrator.Calls[^1].Command);
    }

    [Fact]
    public async Task Where_the_guest_cannot_compute_a_checksum_the_file_is_read_back()
    {
        var digest = await _node.Admin.GetFromJsonAsync("/v1/vms/f1/file/digest?path=/etc/secret", ApiJson.Default.FileDigest);
        Assert.Equal((Marker.Length, "read"), (digest!.Bytes, digest.How));
    }

    [Theory]
    [InlineData("GET", "file", "path")]
    [InlineData("GET", "file?path=/a&offset=-1", "offset")]
    [InlineData("GET", "file/digest?path=/a&bytes=x", "bytes")]
    [InlineData("PUT", "file", "path bytes sha256")]
    [InlineData("PUT", "file?path=/a&bytes=5&sha256=" + Sum + "&offset=6&mode=9&inPlace=maybe", "offset inPlace mode")]
    [InlineData("POST", "exec", "")]
    public async Task What_is_wrong_is_named_all_at_once_and_no_guest_is_asked(string method, string path, string named)
    {
        using var answer = await SendAsync(_node.Admin, method, path);
        var problem = await answer.Content.ReadFromJsonAsync(ApiJson.Default.Problem);
        Assert.Equal((HttpStatusCode.BadRequest, ProblemCodes.BadRequest), (answer.StatusCode, problem!.Code));
        Assert.Equal(named, string.Join(' ', problem.Errors?.Keys ?? []));
        Assert.Empty(_node.Orchestrator.Calls);
    }

    [Theory]
    [InlineData("GET", "file?path=/nope", HttpStatusCode.NotFound, "not-found", "/nope")]
    [InlineData("PUT", "file?path=/a&bytes=0&sha256=" + Sum, HttpStatusCode.Conflict, "command-disabled", "--in-place")]
    [InlineData("POST", "exec {\"path\":\"id\"}", HttpStatusCode.Conflict, "command-disabled", "disabled guest-exec")]
    public async Task What_the_guest_refuses_has_a_code_and_a_remedy(
        string method, string path, HttpStatusCode status, string code, string told)
    {
        using var answer = await SendAsync(_node.Admin, method, path);
        var problem = await answer.Content.ReadFromJsonAsync(ApiJson.Default.Problem);
        Assert.Equal((status, code), (answer.StatusCode, problem!.Code));
        Assert.Contains(told, problem.Detail + problem.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "file?path=/etc/secret")]
    [InlineData("GET", "file/digest?path=/etc/secret")]
    [InlineData("PUT", "file?path=/a&bytes=0&sha256=" + Sum)]
    [InlineData("POST", "exec {\"path\":\"id\"}")]
    public async Task File_routes_require_the_operator_role(string method, string path)
    {
        using var viewer = await _node.AsAsync("viewer");
        using var answer = await SendAsync(viewer, method, path);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Empty(_node.Orchestrator.Calls);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string path)
    {
        var parts = path.Split(' ', 2);
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/v1/vms/f1/{parts[0]}");
        if (method != "GET") request.Content = new StringContent(parts.Length > 1 ? parts[1] : "");
        return await client.SendAsync(request);
    }

    private static CallReply.Returned Returned(string json) =>
        new(JsonSerializer.SerializeToUtf8Bytes(JsonDocument.Parse(json).RootElement));
}
