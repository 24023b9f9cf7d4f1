using System.Text.Json;

namespace QgaOrchestrator.Qemu.Tests.Agent;

/// <summary>A dialogue recorded with a real qemu-ga 7.2: one message a line, `dir` "->" ours, "&lt;-" the agent's.</summary>
internal sealed record Transcript(bool Ours, string Message, bool AfterSentinel)
{
    /// <summary>All that are recorded.</summary>
    public static IEnumerable<string> Names =>
        Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Transcripts"), "*.jsonl").Select(
            file => Path.GetFileNameWithoutExtension(file)!);

    public static IEnumerable<Transcript> Read(string name)
    {
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Transcripts", name + ".jsonl")))
        {
            using var recorded = JsonDocument.Parse(line);
            yield return new(
                recorded.RootElement.GetProperty("dir").ValueEquals("->"),
                recorded.RootElement.GetProperty("msg").GetRawText(),
                recorded.RootElement.TryGetProperty("prefix", out _));
        }
    }

    /// <summary>The value that the agent returned to the first such command.</summary>
    public static ReadOnlyMemory<byte> ReplyTo(string command, string name)
    {
        var asked = false;
        foreach (var line in Read(name))
        {
            using var message = JsonDocument.Parse(line.Message);
            if (asked)
                return JsonSerializer.SerializeToUtf8Bytes(message.RootElement.GetProperty("return"));
            asked = line.Ours && message.RootElement.GetProperty("execute").ValueEquals(command);
        }
        throw new InvalidOperationException($"{name} has no {command}");
    }
}
