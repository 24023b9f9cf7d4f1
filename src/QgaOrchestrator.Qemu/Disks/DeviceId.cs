namespace QgaOrchestrator.Qemu.Disks;

/// <summary>The id that a device was given, by its path in QEMU's object model.</summary>
internal static class DeviceId
{
    private const string Peripherals = "/machine/peripheral/";

    /// <param name="qdev">As query-block tells it: the path, or the id itself.</param>
    /// <returns>Null: it was given none.</returns>
    public static string? Of(string? qdev) => qdev switch
    {
        null or "" => null,
        _ when qdev.StartsWith(Peripherals, StringComparison.Ordinal) => qdev[Peripherals.Length..].Split('/')[0],
        ['/', ..] => null,
        _ => qdev,
    };
}
