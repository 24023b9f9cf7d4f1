namespace QgaOrchestrator.Core.Vms;

/// <summary>QEMU's run states (query-status) in which its guest is not, or not any more, where this QEMU is.</summary>
public static class QemuStates
{
    /// <summary>QEMU waits for a guest that comes in by migration.</summary>
    public const string Waits = "inmigrate";

    /// <summary>The guest was stopped for the last part of a migration: it runs next here, or there.</summary>
    public const string Leaves = "finish-migrate";

    /// <summary>The migration is complete: the guest has left this QEMU.</summary>
    public const string Left = "postmigrate";
}
