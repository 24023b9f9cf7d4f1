using System.Globalization;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>What the agent reports about its guest: members and their order as in qemu-ga 7.2.22.</summary>
internal static class GuestFacts
{
    public static JsonNode Of(SimulatedGuest guest, string command) => command switch
    {
        "guest-get-host-name" => new JsonObject { ["host-name"] = guest.HostName },
        "guest-get-osinfo" => guest.OsId == "mswindows" ? Windows() : Linux(guest.OsId),
        "guest-get-timezone" => new JsonObject { ["zone"] = "UTC", ["offset"] = 0 },
        "guest-get-users" => new JsonArray(),
        "guest-get-time" => (guest.Now - DateTimeOffset.UnixEpoch).Ticks * 100,
        "guest-get-fsinfo" => FileSystems(guest),
        "guest-get-disks" => Disks(guest),
        "guest-get-vcpus" => new JsonArray(new JsonObject { ["online"] = true, ["can-offline"] = false, ["logical-id"] = 0 }),
        "guest-network-get-interfaces" => Interfaces(guest),
        _ => throw QemuException.NoSuchCommand(command),
    };

    private static JsonObject Linux(string id) => new()
    {
        ["name"] = "Debian GNU/Linux",
        ["kernel-release"] = "6.1.0-56-cloud-amd64",
        ["version"] = "12 (bookworm)",
        ["pretty-name"] = "Debian GNU/Linux 12 (bookworm)",
        ["version-id"] = "12",
        ["kernel-version"] = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)",
        ["machine"] = "x86_64",
        ["id"] = id,
    };

    private static JsonObject Windows() => new()
    {
        ["name"] = "Microsoft Windows",
        ["kernel-release"] = "20348",
        ["version"] = "Microsoft Windows Server 2022",
        ["variant"] = "server",
        ["pretty-name"] = "Windows Server 2022 Standard",
        ["version-id"] = "2022",
        ["variant-id"] = "server",
        ["kernel-version"] = "10.0",
        ["machine"] = "x86_64",
        ["id"] = "mswindows",
    };

    // The agent lists mounts in reverse order.
    private static JsonArray FileSystems(SimulatedGuest guest) => new([.. guest.Disks
        .Where(disk => disk.Mountpoint is not null).Reverse().Select(disk => (JsonNode)new JsonObject
        {
            ["name"] = disk.Device,
            ["total-bytes"] = disk.Size * 4 / 5,
            ["mountpoint"] = disk.Mountpoint,
            ["disk"] = new JsonArray(Address(guest, disk)),
            ["used-bytes"] = 14336,
            ["type"] = guest.OsId == "mswindows" ? "NTFS" : "ext4",
        })]);

    private static JsonArray Disks(SimulatedGuest guest) => new([.. guest.Disks.Select(disk => (JsonNode)new JsonObject
    {
        ["name"] = "/dev/" + disk.Device,
        ["dependencies"] = new JsonArray(),
        ["partition"] = false,
        ["address"] = Address(guest, disk),
    })]);

    private static JsonObject Address(SimulatedGuest guest, SimulatedDisk disk)
    {
        var address = new JsonObject();
        if (guest.TellsSerials) address["serial"] = disk.Serial;
        address["bus-type"] = "virtio";
        address["bus"] = 0;
        address["unit"] = 0;
        address["pci-controller"] = new JsonObject { ["bus"] = 0, ["slot"] = disk.Slot, ["domain"] = 0, ["function"] = 0 };
        address["dev"] = "/dev/" + disk.Device;
        address["target"] = 0;
        return address;
    }

    private static JsonArray Interfaces(SimulatedGuest guest)
    {
        var number = guest.Number;
        var mac = string.Create(CultureInfo.InvariantCulture, $"52:54:00:00:{number / 256 % 256:x2}:{number % 256:x2}");
        return new JsonArray(
            Interface("lo", "00:00:00:00:00:00", "127.0.0.1", 8),
            Interface("eth0", mac, $"10.0.{number / 250}.{(number % 250) + 2}", 16));
    }

    private static JsonObject Interface(string name, string mac, string address, int prefix) => new()
    {
        ["name"] = name,
        ["ip-addresses"] = new JsonArray(new JsonObject
        {
            ["ip-address-type"] = "ipv4",
            ["ip-address"] = address,
            ["prefix"] = prefix,
        }),
        ["statistics"] = new JsonObject
        {
            ["tx-packets"] = 0,
            ["tx-errs"] = 0,
            ["rx-bytes"] = 0,
            ["rx-dropped"] = 0,
            ["rx-packets"] = 0,
            ["rx-errs"] = 0,
            ["tx-bytes"] = 0,
            ["tx-dropped"] = 0,
        },
        ["hardware-address"] = mac,
    };
}
