using System.Text;
using System.Text.Json;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Tests.Monitor;

/// <summary>Lines as QEMU 7.2 sends them.</summary>
public sealed class MonitorMessageTests
{
    public static TheoryData<string> Transcripts => [.. Directory.GetFiles(
        Path.Combine(AppContext.BaseDirectory, "Monitor", "Transcripts")).Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Transcripts))]
    public void Every_recorded_line_is_understood(string transcript)
    {
        var lines = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Monitor", "Transcripts", transcript))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("dir").GetString() == "<-").ToList();
        Assert.NotEmpty(lines);
        foreach (var said in lines.Select(line => line.GetProperty("msg")))
        {
            var message = Parse(said.GetRawText());
            if (said.TryGetProperty("event", out var name))
                Assert.Equal(name.GetString(), Assert.IsType<MonitorMessage.Happened>(message).Event.Name);
            else if (said.TryGetProperty("return", out var value))
                Assert.Equal(value.GetRawText(), Text(Returned(message)));
            else if (said.TryGetProperty("error", out var error))
                Assert.Equal(error.GetProperty("desc").GetString(), Refused(message).Description);
            else
                Assert.Equal(new Version(7, 2, 22), Assert.IsType<MonitorMessage.Greeting>(message).Version);
        }
    }

    [Fact]
    public void A_reply_carries_its_id_wherever_it_stands() =>
        Assert.Equal([7, 7], new[] { """{"id": 7, "return": {}}""", """{"return": [1, {"id": 9}], "id": 7}""" }
            .Select(line => Assert.IsType<MonitorMessage.Reply>(Parse(line)).Id!.Value));

    [Fact]
    public void An_error_to_a_line_that_QEMU_could_not_read_has_no_id()
    {
        var message = Parse("""{"error": {"class": "GenericError", "desc": "JSON parse error"}}""");
        Assert.Null(Assert.IsType<MonitorMessage.Reply>(message).Id);
        Assert.Equal("JSON parse error", Refused(message).Description);
    }

    [Fact]
    public void The_text_of_an_error_may_be_missing() => Assert.Equal("GenericError", Refused(Parse("""{"error": 1}""")).Class);

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"return\"")]
    [InlineData("HTTP/1.1 400 Bad Request")]
    public void Input_that_is_no_message_is_refused(string line) => Assert.ThrowsAny<JsonException>(() => Parse(line));

    [Fact]
    public void A_ports_event_tells_that_the_agent_came()
    {
        var happened = Assert.IsType<MonitorMessage.Happened>(
            Parse(
                """
                {"timestamp": {"seconds": 1, "microseconds": 2}, "event": "VSERPORT_CHANGE",
                 "data": {"open": true, "id": "qgaport0"}}
                """
            )
        );
        Assert.Equal(new VserportChange("qgaport0", true), VserportChange.Read(happened.Event));
        Assert.Null(JobStatusChange.Read(happened.Event));
    }

    private static MonitorMessage Parse(string line) => MonitorMessage.Parse(Encoding.UTF8.GetBytes(line));

    private static ReadOnlyMemory<byte> Returned(MonitorMessage message) =>
        Assert.IsType<MonitorOutcome.Returned>(Assert.IsType<MonitorMessage.Reply>(message).Outcome).Json;

    private static MonitorOutcome.Refused Refused(MonitorMessage message) =>
        Assert.IsType<MonitorOutcome.Refused>(Assert.IsType<MonitorMessage.Reply>(message).Outcome);

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
