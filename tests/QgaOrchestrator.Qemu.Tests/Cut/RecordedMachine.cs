using System.Text;
using System.Text.Json;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Monitor;

namespace QgaOrchestrator.Qemu.Tests.Cut;

/// <summary>What a real QEMU's monitor and a real guest's agent (both 7.2) said of one VM, in Machines/.</summary>
/// <param name="files">Where its images are instead of in /vm/.</param>
internal sealed class RecordedMachine(string name, string files = "/vm/") : IMonitor
{
    private readonly JsonElement _said = JsonDocument
        .Parse(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Cut", "Machines", name + ".json"))
                .Replace("/vm/", files, StringComparison.Ordinal)
        )
        .RootElement;

    public IReadOnlyList<GuestFilesystem> FileSystems =>
        GuestGetFsinfo.Read(Encoding.UTF8.GetBytes(_said.GetProperty("guest-get-fsinfo").GetRawText()));

    public bool IsOpen => true;

    public QemuProcess? Process => null;

    public event Action<MonitorEvent>? EventReceived
    {
        add { }
        remove { }
    }

    public event Action<string>? Closed
    {
        add { }
        remove { }
    }

    public Task<MonitorOpenOutcome> OpenAsync(TimeSpan timeout) =>
        Task.FromResult<MonitorOpenOutcome>(new MonitorOpenOutcome.Ready(new(7, 2, 0)));

    public Task<MonitorOutcome> ExecuteAsync(string command, ReadOnlyMemory<byte> arguments, TimeSpan timeout)
    {
        if (!_said.TryGetProperty(command, out var reply)) return Refused("CommandNotFound", command);
        if (command != "qom-get") return Returned(reply);
        var asked = JsonDocument.Parse(arguments).RootElement;
        var property = $"{asked.GetProperty("path")} {asked.GetProperty("property")}";
        return reply.TryGetProperty(property, out var value)
            ? Returned(value)
            : Refused("GenericError", $"Property '{property}' not found");
    }

    public void Close() { }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Task<MonitorOutcome> Returned(JsonElement json) =>
        Task.FromResult<MonitorOutcome>(new MonitorOutcome.Returned(Encoding.UTF8.GetBytes(json.GetRawText())));

    private static Task<MonitorOutcome> Refused(string kind, string words) =>
        Task.FromResult<MonitorOutcome>(new MonitorOutcome.Refused(kind, words));
}
