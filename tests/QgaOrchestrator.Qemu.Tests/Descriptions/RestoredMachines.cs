using System.Text;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Hosts.Kinds;

namespace QgaOrchestrator.Qemu.Tests.Descriptions;

/// <summary>What each kind makes of a description.</summary>
internal static class RestoredMachines
{
    public static RestoredMachine Restore(
        string kind, string file, string description, string? define = null, bool same = false,
        IReadOnlyList<RestoredDisk>? disks = null, string vm = "db1", params KeptFile[] states) =>
        HostKinds.Find(kind)!.Keeper.Restore(new(
            vm, "/r", [new(file, MachinePart.Description, Encoding.UTF8.GetBytes(description)), .. states], disks ?? [],
            new Random(1))
        {
            Define = define,
            Same = same,
        });

    public static string Text(this RestoredMachine machine, string path) =>
        Encoding.UTF8.GetString(machine.Files.Single(file => file.Path == path).Bytes.Span);
}
