namespace QgaOrchestrator.Lab;

/// <summary>
/// How QEMU runs the guest. A /dev/kvm that opens proves nothing (a nested or paravirtual one may hang or abort), and QEMU
/// falls back only where KVM does not even initialise. So KVM is used only after a guest has come up with it.
/// </summary>
public sealed record Accelerator(string Name, string[] Arguments)
{
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(6);

    public static Accelerator Kvm { get; } = new("kvm", ["-accel", "kvm", "-cpu", "host"]);

    public static Accelerator Tcg { get; } = new("tcg", ["-accel", "tcg,tb-size=32", "-cpu", "qemu64"]);

    /// <summary>Probes once; the result holds for this guest until the host is booted again.</summary>
    public static async Task<Accelerator> ForAsync(Guest guest)
    {
        using var turn = await guest.LockAsync();
        var boot = (await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id")).Trim();
        var file = Path.Combine(guest.Directory, "accelerator");
        var known = File.Exists(file) ? (await File.ReadAllTextAsync(file)).Split(' ') : [];
        if (known is [var name, var when, var stamp] && when == boot && stamp == guest.Stamp)
            return name == Kvm.Name ? Kvm : Tcg;
        var found = await KvmWorksAsync(guest) ? Kvm : Tcg;
        await File.WriteAllTextAsync(file, $"{found.Name} {boot} {guest.Stamp}");
        return found;
    }

    private static async Task<bool> KvmWorksAsync(Guest guest)
    {
        if (!File.Exists("/dev/kvm"))
            return false;
        var directory = Path.Combine(guest.Directory, "probe");
        try
        {
            await using var vm = await RealVm.CreateAsync(guest, Kvm, directory, "probe");
            await vm.LaunchAsync([]);
            await vm.WaitForConsoleAsync("GUEST-READY", ProbeLimit);
            return true;
        }
        catch (LabException)
        {
            return false;
        }
    }
}
