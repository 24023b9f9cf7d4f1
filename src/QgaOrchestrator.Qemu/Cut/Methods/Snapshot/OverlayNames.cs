namespace QgaOrchestrator.Qemu.Cut.Methods.Snapshot;

/// <summary>The names of what an overlay needs in QEMU: o the overlay, c the job that commits it.</summary>
internal static class OverlayNames
{
    public const string Kinds = "oc";

    public static string Overlay(this CutNames names, int disk) => names.Name(disk, 'o');

    public static string Commit(this CutNames names, int disk) => names.Name(disk, 'c');
}
