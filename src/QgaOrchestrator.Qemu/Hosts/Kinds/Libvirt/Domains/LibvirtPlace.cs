using System.Diagnostics.CodeAnalysis;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>
/// Where a domain is reached: an address's locator, and so what a ledger holds. It is enough by itself to thaw the domain's
/// guest, with libvirt's daemon and without.
/// </summary>
/// <param name="Directory">Of the daemon's sockets, as in /run/libvirt.</param>
/// <param name="Uri">The driver to open: qemu:///system or qemu:///session.</param>
/// <param name="Channel">The path of the agent's socket that QEMU listens on; empty: the domain has none.</param>
internal sealed record LibvirtPlace(string Uri, string Directory, Guid Uuid, string Channel)
{
    private const string NoLastResort = "no-last-resort";

    /// <summary>No guest is frozen that nobody could thaw without the daemon. False: the source's owner takes that
    /// risk.</summary>
    public bool LastResort { get; init; } = true;

    /// <summary>How disks are cut.</summary>
    public string Cut { get; init; } = LibvirtCut.Backup;

    /// <summary>The words, in order, with the path last: it alone may hold a blank.</summary>
    public override string ToString() =>
        $"{Uri} {System.Uri.EscapeDataString(Directory)} {Uuid} {Cut}{(LastResort ? "" : "," + NoLastResort)} {Channel}";

    public static bool TryParse(string locator, [NotNullWhen(true)] out LibvirtPlace? place)
    {
        place = locator.Split(' ', 5) is [var uri, var directory, var id, var words, var channel]
            && Guid.TryParse(id, out var uuid) && words.Split(',') is [var cut, .. var rest]
            ? new(uri, System.Uri.UnescapeDataString(directory), uuid, channel)
            {
                Cut = cut,
                LastResort = !rest.Contains(NoLastResort),
            }
            : null;
        return place is not null;
    }
}

/// <summary>A source's <c>Cut</c>.</summary>
internal static class LibvirtCut
{
    /// <summary>By libvirt's backup API.</summary>
    public const string Backup = "backup";

    /// <summary>By QEMU's monitor, passed through libvirt.</summary>
    public const string Monitor = "monitor";
}
