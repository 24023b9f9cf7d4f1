using System.Text;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms.Agent;

/// <summary>
/// Odd bytes in a request's body, through the node to a real agent: they arrive as they were meant, or are refused, and the
/// next caller is answered with what he asked for.
/// </summary>
[Collection(nameof(FullVm))]
public sealed class OddBytesTests(FullVm shared)
{
    [SkippableTheory]
    [InlineData("é€😀")]
    [InlineData("""\u00e9\u20ac\ud83d\ude00""")]
    [InlineData("""\u0001\u001b\u001f\u007f\u0085""")]
    [InlineData("""\\\"\/\b\f\r\t""")]
    [InlineData("\u2028\u2029\u200b\u202e")]
    [InlineData("""{\"return\": {}}\n{\"error\": {}}\n""")]
    [InlineData("%s %n $(reboot) `reboot` ' ; \u00a0")]
    public async Task Text_reaches_a_process_as_it_was_meant(string text)
    {
        var vm = await shared.ReadyAsync();
        var body = $$"""{"path":"/bin/busybox","arg":["printf","%s","{{text}}"],"capture-output":true}""";
        var started = await vm.SendAsync("guest-exec", Encoding.UTF8.GetBytes(body));
        var ended = await vm.EndAsync(started.Return.GetProperty("pid").GetInt64());
        Assert.Equal((string?)JsonNode.Parse($"\"{text}\""), FullVm.Text(ended["out-data"]));
        await AnswersItsOwnAsync(vm);
    }

    [SkippableFact]
    public async Task Every_byte_goes_into_a_file_and_back()
    {
        var vm = await shared.ReadyAsync();
        byte[] all = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];
        var handle = (long)(
            await vm.CallAsync("guest-file-open", new JsonObject { ["path"] = "/tmp/odd\u00e9 \ud83d\ude00", ["mode"] = "w+" }))!;
        await vm.CallAsync("guest-file-write", new JsonObject { ["handle"] = handle, ["buf-b64"] = Convert.ToBase64String(all) });
        await vm.CallAsync("guest-file-seek", new JsonObject { ["handle"] = handle, ["offset"] = 0, ["whence"] = 0 });
        var read = await vm.CallAsync("guest-file-read", new JsonObject { ["handle"] = handle });
        Assert.Equal(all, Convert.FromBase64String((string)read!["buf-b64"]!));
        await vm.CallAsync("guest-file-close", new JsonObject { ["handle"] = handle });
        Assert.Equal("256\n", await vm.ShellAsync("wc -c <'/tmp/odd\u00e9 \ud83d\ude00'"));
    }

    /// <summary>JSON by its grammar, which an agent reads to its end before it finds fault.</summary>
    [SkippableTheory]
    [InlineData("\ufffe", "JSON parse error, invalid UTF-8 sequence in string")]
    [InlineData("\ufdd0", "JSON parse error, invalid UTF-8 sequence in string")]
    [InlineData("""\u0000""", "failed to open file")] // taken, as C0 80
    public async Task Text_that_an_agent_does_not_take_is_its_error_and_the_channel_stays_in_step(string text, string desc)
    {
        var vm = await shared.ReadyAsync();
        var refused = await SentAsync(vm, Encoding.UTF8.GetBytes($$"""{"path":"/tmp/{{text}}","mode":"r"}"""));
        Assert.Equal((422, ProblemCodes.AgentError), (refused.Status, refused.Code));
        Assert.StartsWith(desc, refused.Agent!.Desc, StringComparison.Ordinal);
        await AnswersItsOwnAsync(vm);
    }

    [SkippableTheory]
    [InlineData("7b 22 70 61 74 68 22 3a 22 ff 22 7d", "0xFF in a string")]
    [InlineData("ff 7b 7d", "the sync's own mark")]
    [InlineData("7b 22 70 61 74 68 22 3a 22 c3 22 7d", "half a character")]
    [InlineData("7b 22 70 61 74 68 22 3a 22 c0 80 22 7d", "an overlong NUL")]
    [InlineData("7b 22 70 61 74 68 22 3a 22 ed a0 80 22 7d", "a surrogate in UTF-8")]
    [InlineData("7b 22 70 61 74 68 22 3a 22 00 22 7d", "a NUL")]
    [InlineData("7b 22 70 61 74 68 22 3a 22 0a 22 7d", "a line's end in a string")]
    [InlineData("7b 22 70 61 74 68 22 3a 22 2f", "half an object")]
    [InlineData("7b 7d 7b 7d", "two objects")]
    [InlineData("7b 7d 7d", "a brace too many")]
    [InlineData("5b 5d", "a list")]
    [InlineData("6e 75 6c 6c", "null")]
    [InlineData("00", "a NUL alone")]
    [InlineData("7b 22 70 61 74 68 22 3a 22 5c 75 64 38 30 30 22 7d", "half a surrogate pair, escaped")]
    [InlineData("7b 22 5c 75 64 38 30 30 22 3a 31 7d", "half a surrogate pair as a name")]
    public async Task What_is_no_object_of_whole_characters_never_leaves_the_node(string hex, string what)
    {
        var vm = await shared.ReadyAsync();
        var refused = await SentAsync(vm, Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
        Assert.True(
            (refused.Status, refused.Code) == (400, ProblemCodes.BadRequest),
            $"{what}: {refused.Status} {refused.Code} {refused.Detail}"
        );
        await AnswersItsOwnAsync(vm);
    }

    private static async Task<Problem> SentAsync(FullVm vm, byte[] body) =>
        (await Assert.ThrowsAsync<ApiException>(() => vm.SendAsync("guest-file-open", body))).Problem;

    private static async Task AnswersItsOwnAsync(FullVm vm)
    {
        Assert.Equal(FullVm.Name, (string?)(await vm.CallAsync("guest-get-host-name"))!["host-name"]);
        Assert.Empty((await vm.CallAsync("guest-ping"))!.AsObject());
    }
}
