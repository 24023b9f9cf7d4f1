using System.Text;
using System.Text.Json;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Tests.Monitor;

namespace QgaOrchestrator.Qemu.Tests.Cut;

/// <summary>What a real QEMU's monitor and a real guest's agent (both 7.2) said of one VM, in Machines/.</summary>
/// <param name="files">Where its images are instead of in /vm/.</param>
internal sealed class RecordedVm(string name, string files = "/vm/") : AnsweringMonitor
{
    private readonly JsonElement _said = JsonDocument
        .Parse(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Disks", "Machines", name + ".json"))
                .Replace("/vm/", files, StringComparison.Ordinal)
        )
        .RootElement;

    public IReadOnlyList<GuestFilesystem> FileSystems =>
        GuestGetFsinfo.Read(Encoding.UTF8.GetBytes(_said.GetProperty("guest-get-fsinfo").GetRawText()));

    protected override MonitorOutcome Answer(string command, ReadOnlyMemory<byte> arguments)
    {
        if (!_said.TryGetProperty(command, out var reply)) return new MonitorOutcome.Refused("CommandNotFound", command);
        if (command != "qom-get") return Returned(reply);
        var asked = JsonDocument.Parse(arguments).RootElement;
        var property = $"{asked.GetProperty("path")} {asked.GetProperty("property")}";
        return reply.TryGetProperty(property, out var value)
            ? Returned(value)
            : new MonitorOutcome.Refused("GenericError", $"Property '{property}' not found");
    }

    private static MonitorOutcome.Returned Returned(JsonElement json) => new(Encoding.UTF8.GetBytes(json.GetRawText()));
}
