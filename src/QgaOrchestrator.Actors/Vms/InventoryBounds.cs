using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>Every host keeps what every guest reports about itself, so the size of a report is bounded.</summary>
internal static class InventoryBounds
{
    /// <summary>Characters of everything that one guest reports.</summary>
    public const int Most = 64 * 1024;

    /// <summary>Each text as a name; of a list as many as there is room for, and how many more there are.</summary>
    public static GuestInventory Bounded(GuestInventory told)
    {
        var guest =
            told with { HostName = Name(told.HostName), Os = Name(told.Os), OsId = Name(told.OsId), Kernel = Name(told.Kernel) };
        return guest with { Addresses = Listed(guest.Addresses, Most / 4), FileSystems = Listed(guest.FileSystems, Most / 2) };
    }

    private static string? Name(string? text) => text is null ? null : ForeignText.Name(text);

    private static List<string> Listed(IReadOnlyList<string> texts, int room)
    {
        var kept = new List<string>();
        foreach (var name in texts.Select(ForeignText.Name))
        {
            if ((room -= name.Length) < 0) return [.. kept, $"(and {texts.Count - kept.Count} more)"];
            kept.Add(name);
        }
        return kept;
    }
}
