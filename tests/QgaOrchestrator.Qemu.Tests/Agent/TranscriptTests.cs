using System.Text;
using System.Text.Json;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Sockets;

namespace QgaOrchestrator.Qemu.Tests.Agent;

/// <summary>Recorded dialogues, replayed against the link in chunks of several sizes: it says and hears the same.</summary>
public sealed class TranscriptTests
{
    [Theory]
    [InlineData("01-sync-ping-info", 1)]
    [InlineData("01-sync-ping-info", 4096)]
    [InlineData("02-info-queries", 7)]
    [InlineData("02-info-queries", 4096)]
    [InlineData("09-fsfreeze", 1)]
    [InlineData("09-fsfreeze", 13)]
    public void A_recorded_dialogue_is_understood(string name, int chunk)
    {
        var link = new LinkDialogue();
        var replies = 0;
        foreach (var line in Transcript.Read(name))
        {
            using var message = JsonDocument.Parse(line.Message);
            if (line.Ours)
            {
                Ask(link, message.RootElement, line.AfterSentinel);
                continue;
            }
            var bytes = Encoding.Latin1.GetBytes((line.AfterSentinel ? "\u00ff" : "") + line.Message + "\n");
            for (var at = 0; at < bytes.Length; at += chunk)
                link.Hear(bytes.AsSpan(at, Math.Min(chunk, bytes.Length - at)));
            if (link.Called.Count == 0)
                continue; // the sync, and the error for its 0xFF
            Assert.Equal(++replies, link.Called.Count);
            AssertSame(message.RootElement, link.Called[^1]);
        }
        Assert.NotEqual(0, replies);
        Assert.IsType<LinkState.Ready>(link.State);
    }

    private static void Ask(LinkDialogue link, JsonElement request, bool afterSentinel)
    {
        if (afterSentinel)
        {
            link.Open(request.GetProperty("arguments").GetProperty("id").GetInt64());
            return;
        }
        var arguments = request.TryGetProperty("arguments", out var given) ? Encoding.UTF8.GetBytes(given.GetRawText()) : [];
        link.Send(new(request.GetProperty("execute").GetString()!, arguments));
        using var written = JsonDocument.Parse(link.Written[^1]);
        Assert.True(JsonElement.DeepEquals(request, written.RootElement));
    }

    private static void AssertSame(JsonElement recorded, AgentOutcome outcome)
    {
        if (recorded.TryGetProperty("return", out var value))
            Assert.Equal(value.GetRawText(), LinkDialogue.Json(outcome));
        else
            Assert.Equal(
                $"{recorded.GetProperty("error").GetProperty("class")}: {recorded.GetProperty("error").GetProperty("desc")}",
                Assert.IsType<AgentOutcome.Refused>(outcome).Error.ToString());
    }
}
