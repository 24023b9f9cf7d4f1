using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace QgaOrchestrator.Qemu.Disks;

/// <summary>
/// What a guest makes of a disk's serial: Linux agents tell udev's ID_SERIAL, which puts model and more around it, and
/// Windows tells the serial itself. A device gives at most 20 characters of it, a SCSI disk's page 36.
/// </summary>
internal static partial class GuestSerial
{
    private const int Short = 20, Long = 36;

    /// <param name="told">As the agent tells it.</param>
    public static bool IsOf(string told, DiskPlace place)
    {
        told = told.Trim();
        if (place.Wwn != 0 && IsWwn(told, place.Wwn)) return true;
        return Serials(place).Any(serial => told == serial || place.Socket switch
        {
            // 0QEMU_QEMU_HARDDISK_SERIAL: 0 for "vendor specific", then vendor and product.
            DiskSocket.VirtioScsi or DiskSocket.LsiScsi or DiskSocket.Other =>
                told is ['0' or '1', ..] && told.EndsWith('_' + serial, StringComparison.Ordinal),
            DiskSocket.Ide or DiskSocket.Sata => told.EndsWith('_' + serial, StringComparison.Ordinal),
            DiskSocket.Nvme =>
                told.EndsWith($"_{serial}_{place.Unit.ToString(CultureInfo.InvariantCulture)}", StringComparison.Ordinal) || told
                    .EndsWith('_' + serial, StringComparison.Ordinal),
            DiskSocket.Usb =>
                UsbInstance().Replace(told, "") is var usb && (
                    usb == serial || usb.EndsWith('_' + serial, StringComparison.Ordinal)),
            _ => false,
        });
    }

    /// <summary>Whole and cut, each as it is and as udev writes it.</summary>
    private static IEnumerable<string> Serials(DiskPlace place)
    {
        foreach (var text in new[] { place.Serial, place.DeviceId }.OfType<string>().Where(text => text.Trim().Length > 0))
        {
            foreach (var length in new[] { text.Length, Long, Short }.Where(length => length <= text.Length).Distinct())
            {
                var cut = text[..length].Trim();
                yield return cut;
                if (Escaped(cut) is var escaped && escaped != cut) yield return escaped;
            }
        }
    }

    /// <summary>As udev replaces what is unfit for a path: runs of blanks by one underscore, other characters by one
    /// each.</summary>
    private static string Escaped(string text)
    {
        var escaped = new StringBuilder();
        foreach (var c in text)
        {
            if (c == ' ' && escaped.Length > 0 && escaped[^1] == '_') continue;
            escaped.Append(char.IsAsciiLetterOrDigit(c) || "#+-.:=@_".Contains(c) ? c : '_');
        }

        return escaped.ToString();
    }

    /// <summary>udev puts a 3, the designator's type, before it.</summary>
    private static bool IsWwn(string told, ulong wwn)
    {
        var hex = wwn.ToString("x16", CultureInfo.InvariantCulture);
        return told.Equals('3' + hex, StringComparison.OrdinalIgnoreCase) || told.Equals(hex, StringComparison.OrdinalIgnoreCase)
            || told.Equals("0x" + hex, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>What udev puts behind a USB disk's serial: its host and lun, as in -0:0.</summary>
    [GeneratedRegex(@"-\d+:\d+\z")]
    private static partial Regex UsbInstance();
}
