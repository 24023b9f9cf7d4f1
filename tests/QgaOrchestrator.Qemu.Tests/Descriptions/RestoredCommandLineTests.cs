using System.Text.Json;
using QgaOrchestrator.Qemu.Descriptions;

namespace QgaOrchestrator.Qemu.Tests.Descriptions;

public class RestoredCommandLineTests
{
    private const string Uuid = "11111111-2222-4333-8444-555555555555", Mac = "52:54:00:aa:bb:cc";

    private static readonly string[] Given =
    [
        "/usr/bin/qemu-system-x86_64", "-name", "guest=db1,debug-threads=on", "-uuid", Uuid,
        "-smbios", $"type=1,uuid={Uuid}", "-drive", "file=/vms/d0.raw,format=raw,if=virtio",
        "-device", $"virtio-net-pci,netdev=n0,mac={Mac}", "-netdev", "user,id=n0",
        "-chardev", "socket,id=qga,path=/vms/qga.sock,server=on,wait=off", "-qmp", "unix:/vms/qmp.sock,server=on,wait=off",
        "-serial", "file:/vms/console.log", "-device", $"vmgenid,guid={Uuid},id=g", "-pidfile", "/vms/pid",
        "-incoming", "defer", "-daemonize",
    ];

    private static readonly RestoredDisk Disk = new(0, "/vms/d0.raw", "/r/db1-disk0.qcow2");

    [Fact]
    public void Without_a_name_the_same_VM_is_written_with_its_new_images()
    {
        var machine = Restore(null);

        var file = Assert.Single(machine.Files);
        var arguments = Arguments(machine);
        Assert.Equal("/r/db1-cmdline.json", file.Path);
        Assert.Contains("file=/r/db1-disk0.qcow2,format=qcow2,if=virtio", arguments);
        Assert.Contains($"virtio-net-pci,netdev=n0,mac={Mac}", arguments);
        Assert.Contains("/vms/pid", arguments);
        Assert.DoesNotContain("-incoming", arguments);
        // A guest that was set back gets another generation.
        Assert.DoesNotContain($"vmgenid,guid={Uuid},id=g", arguments);
        Assert.StartsWith("/usr/bin/qemu-system-x86_64 \\\n  -name ", Assert.Single(machine.Commands), StringComparison.Ordinal);
        Assert.Contains(machine.Notes, note => note.Contains("only while the other one is stopped", StringComparison.Ordinal));
    }

    [Fact]
    public void With_a_name_it_is_a_VM_of_its_own_in_an_executable_script()
    {
        var machine = Restore("db2");

        var arguments = string.Join(' ', Arguments(machine));
        foreach (var old in new[] { Uuid, Mac, "/vms/", "guest=db1", "-incoming" })
            Assert.DoesNotContain(old, arguments, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("-name guest=db2,debug-threads=on", arguments, StringComparison.Ordinal);
        Assert.Matches("mac=52:54:00:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2} ", arguments);
        Assert.Contains("-qmp unix:/r/db2-qmp.sock,server=on,wait=off", arguments, StringComparison.Ordinal);
        Assert.Contains("path=/r/db2-qga.sock,server=on", arguments, StringComparison.Ordinal);
        Assert.Contains("-serial file:/r/db2-console.log", arguments, StringComparison.Ordinal);
        var script = machine.Files.Single(file => file.IsExecutable);
        Assert.Equal("/r/db2.sh", script.Path);
        Assert.StartsWith("#!/bin/sh\n", machine.Text("/r/db2.sh"), StringComparison.Ordinal);
        Assert.Contains("cd '/var/a b' || exit 1\nexec /usr/bin/qemu-system-x86_64 \\\n", machine.Text("/r/db2.sh"),
            StringComparison.Ordinal);
        Assert.Equal(["/r/db2.sh"], machine.Commands);
        Assert.Empty(machine.Definition);
    }

    [Fact]
    public void With_a_name_and_the_same_identity_only_the_images_are_new()
    {
        var arguments = Arguments(Restore("db2", same: true));

        Assert.Contains(Uuid, arguments);
        Assert.Contains("unix:/vms/qmp.sock,server=on,wait=off", arguments);
        Assert.Contains("file=/r/db1-disk0.qcow2,format=qcow2,if=virtio", arguments);
    }

    [Fact]
    public void What_a_person_has_to_see_to_is_told()
    {
        var machine = RestoredMachines.Restore(
            "sockets", "cmdline.json",
            Json(["qemu-system-x86_64", "-object", "secret,id=s,data=REDACTED", "-netdev", "tap,id=n,fd=33"]), "db2",
            disks: [new(3, "", "/r/db1-disk3.qcow2")],
            states: [new("tpm2-00.permall", MachinePart.Tpm, "tpm"u8.ToArray())]);

        string[] told = ["No argument names disk 3", "REDACTED", "(fd=)", "/r/db1-tpm"];
        Assert.All(told, part => Assert.Contains(machine.Notes, note => note.Contains(part, StringComparison.Ordinal)));
        Assert.Equal("tpm", machine.Text("/r/db1-tpm/tpm2-00.permall"));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"arguments":[],"directory":null}""")]
    [InlineData("""{"arguments":null}""")]
    public void A_file_that_is_no_command_line_is_refused(string json) =>
        Assert.Throws<MachineException>(() => RestoredMachines.Restore("sockets", "cmdline.json", json));

    private static RestoredMachine Restore(string? define, bool same = false) =>
        RestoredMachines.Restore("sockets", "cmdline.json", Json(Given), define, same, [Disk]);

    private static string Json(string[] arguments) => JsonSerializer.Serialize(new { arguments, directory = "/var/a b" });

    private static string[] Arguments(RestoredMachine machine) =>
    [
        .. JsonDocument.Parse(machine.Text("/r/db1-cmdline.json")).RootElement.GetProperty("arguments").EnumerateArray()
            .Select(argument => argument.GetString()!),
    ];
}
