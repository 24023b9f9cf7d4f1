using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Push;

/// <summary>How a domain's last job ended.</summary>
/// <param name="Error">Null: it did what it was for.</param>
internal sealed record DomainJobEnd(DomainJobWork Work, long Total, string? Error)
{
    private const int Completed = 3;

    /// <returns>Null: libvirt knows of none.</returns>
    public static DomainJobEnd? Read(ReadOnlySpan<byte> body)
    {
        var stats = DomainJobStats.Read(body);
        if (stats.Type == 0) return null;
        var failed = stats.Texts.GetValueOrDefault("errmsg")
            ?? (stats.Type == Completed && stats.Numbers.GetValueOrDefault("success", 1) != 0 ? null : "it was cancelled");
        return new(stats.Work, stats.Numbers.GetValueOrDefault("disk_total"), failed);
    }
}
