using System.Text.Json.Nodes;

namespace QgaOrchestrator.Lab;

/// <summary>
/// Starts VMs fast: one boots for real, its memory is saved, and each VM loads that (0.4 s instead of 5). What they write
/// afterwards is their own, and each can be started again from its original command line, which knows nothing of this.
/// </summary>
public sealed class RealVms
{
    private static readonly string[] Files = ["state", "disk0.qcow2", "disk1.qcow2"];

    private readonly Guest _guest;
    private readonly string _template;

    private RealVms(Guest guest, Accelerator accelerator, string template)
    {
        _guest = guest;
        Accelerator = accelerator;
        _template = template;
    }

    public Accelerator Accelerator { get; }

    /// <summary>Builds the guest and boots the template where needed; both are kept for the next time.</summary>
    /// <param name="say">Gets a line for each step that takes long, with the reason.</param>
    public static async Task<RealVms> PrepareAsync(string? guestDirectory = null, Action<string>? say = null)
    {
        say ??= _ => { };
        var guest = await Guest.EnsureAsync(guestDirectory);
        var accelerator = await Accelerator.ForAsync(guest);
        say(accelerator == Accelerator.Kvm
            ? "hardware acceleration: yes, a guest came up with KVM"
            : "hardware acceleration: none that works here, QEMU emulates the processor (TCG)");
        using var turn = await guest.LockAsync();
        var qemu = (await Tool.MustAsync("qemu-system-x86_64", "--version")).Split('\n')[0];
        var key = $"{guest.Stamp} {accelerator.Name} {qemu}";
        var template = Path.Combine(guest.Directory, "template");
        var keyFile = Path.Combine(template, "key");
        if (!File.Exists(keyFile) || await File.ReadAllTextAsync(keyFile) != key)
        {
            say("booting one guest to clone the others from");
            await MakeTemplateAsync(guest, accelerator, template);
            await File.WriteAllTextAsync(keyFile, key);
        }
        return new(guest, accelerator, template);
    }

    /// <summary>A running VM in its folder, whose name is the VM's; its agent answers and its guest writes.</summary>
    /// <param name="more">Arguments that change nothing of what the guest sees.</param>
    public async Task<RealVm> StartAsync(string directory, params IReadOnlyList<string> more)
    {
        directory = Path.GetFullPath(directory);
        var vm = await RealVm.CreateAsync(
            _guest,
            Accelerator,
            directory,
            Path.GetFileName(directory),
            [.. Files.Skip(1).Select(file => Path.Combine(_template, file))],
            VmShape.Small with { More = more }
        );
        await vm.ResumeAsync(Path.Combine(_template, Files[0]));
        return vm;
    }

    private static async Task MakeTemplateAsync(Guest guest, Accelerator accelerator, string directory)
    {
        await using var vm = await RealVm.CreateAsync(guest, accelerator, directory, "template");
        await vm.BootAsync();
        await Poll.UntilAsync("record", TimeSpan.FromSeconds(30), () => vm.Synced.Latest is { Data: > 0, Data2: > 0 });
        using var monitor = await LabMonitor.ConnectAsync(vm.Monitor);
        await monitor.CallAsync("stop");
        await monitor.CallAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 10_000_000_000 });
        var state = Path.Combine(directory, Files[0]);
        await monitor.CallAsync("migrate", new JsonObject { ["uri"] = $"exec:cat > '{state}'" });
        var status = await Poll.ForAsync("saved memory", TimeSpan.FromSeconds(30), async () =>
            (string?)(await monitor.CallAsync("query-migrate"))!["status"] is { } now and ("completed" or "failed") ? now : null);
        if (status != "completed")
            throw new LabException("QEMU could not save the template's memory");
        await vm.StopAsync();
    }
}
