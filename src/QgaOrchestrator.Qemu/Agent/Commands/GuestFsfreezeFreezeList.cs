using System.Buffers;
using System.Text.Json;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>As <see cref="GuestFsfreezeFreeze"/>, for some file systems. Windows heeds the list since about QEMU 4.</summary>
public static class GuestFsfreezeFreezeList
{
    public const string Name = "guest-fsfreeze-freeze-list";

    public static AgentCommand Spec { get; } = new(Name, new Version(2, 2), RetryClass.Check, TimeoutClass.Freeze);

    /// <param name="mountpoints">
    /// Exactly as in guest-get-fsinfo; unknown ones are passed over without an error, so compare the count. An empty list
    /// freezes nothing, null freezes all.
    /// </param>
    public static AgentRequest Request(IReadOnlyList<string>? mountpoints)
    {
        if (mountpoints is null)
            return new(Name) { KeepLinkWhenOverdue = true };
        var arguments = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(arguments))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("mountpoints");
            foreach (var mountpoint in mountpoints)
                writer.WriteStringValue(mountpoint);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return new(Name, arguments.WrittenMemory) { KeepLinkWhenOverdue = true };
    }

    /// <summary>File systems frozen.</summary>
    public static long Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.Int64);
}
