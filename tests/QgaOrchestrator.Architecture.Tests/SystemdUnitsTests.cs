namespace QgaOrchestrator.Architecture.Tests;

/// <summary>deploy/systemd: what the freeze's safety and a storage hook need of the units.</summary>
public sealed class SystemdUnitsTests
{
    private static readonly IReadOnlyList<(string Key, string Value)> Node = Read("qgad.service");
    private static readonly IReadOnlyList<(string Key, string Value)> Watchdog = Read("qga-watchdog.service");

    [Fact]
    public void A_restart_of_the_watchdogs_unit_does_not_stop_the_node()
    {
        Assert.Contains(("Wants", "qga-watchdog.service"), Node);
        Assert.Contains("qga-watchdog.service", All(Node, "After"));
        Assert.DoesNotContain(
            Node.Concat(Watchdog), line => line.Key is "Requires" or "Requisite" or "BindsTo" or "PartOf" or "Conflicts");
    }

    [Fact]
    public void The_watchdog_is_always_started_again() => Assert.Contains(("Restart", "always"), Watchdog);

    [Theory]
    [InlineData("CAP_SYS_ADMIN")] // device-mapper's ioctls
    [InlineData("CAP_MKNOD")]
    [InlineData("CAP_IPC_LOCK")]
    [InlineData("CAP_SYS_NICE")]
    [InlineData("CAP_DAC_OVERRIDE")]
    [InlineData("CAP_CHOWN")]
    [InlineData("CAP_FSETID")]
    [InlineData("CAP_KILL")]
    public void The_unit_leaves_the_node_and_its_hooks_what_they_need(string capability) =>
        Assert.Contains(capability, All(Node, "CapabilityBoundingSet"));

    [Fact]
    public void Every_capability_has_its_reason()
    {
        var text = File.ReadAllText(PathOf("qgad.service"));
        foreach (var capability in All(Node, "CapabilityBoundingSet")) Assert.Matches($"(?m)^# {capability} +[^ ]", text);
    }

    [Fact]
    public void The_LVM_hook_finds_its_devices_and_may_write_its_metadata_backup()
    {
        Assert.Contains(("ProtectSystem", "full"), Node); // "strict" would make /run/lock read-only, too
        Assert.Contains("-/etc/lvm", All(Node, "ReadWritePaths"));
        Assert.DoesNotContain(Node, line =>
            line.Key
                is "PrivateDevices"
                    or "DevicePolicy"
                    or "DeviceAllow"
                    or "PrivateMounts"
                    or "PrivateNetwork"
                    or "PrivateUsers"
                    or "SystemCallFilter"
                    or "MemoryDenyWriteExecute"
                    or "RestrictSUIDSGID"
                    or "InaccessiblePaths"
        );
    }

    [Fact]
    public void What_the_units_write_is_their_users_alone()
    {
        foreach (var unit in new[] { Node, Watchdog })
        {
            Assert.Contains(("UMask", "0077"), unit);
            Assert.Contains(("RuntimeDirectoryMode", "0700"), unit);
            Assert.Contains(("RuntimeDirectoryPreserve", "yes"), unit);
        }
    }

    [Fact]
    public void The_units_leave_no_core_swap_nothing_and_open_no_diagnostics_port()
    {
        foreach (var unit in new[] { Node, Watchdog })
        {
            Assert.Contains(("LimitCORE", "0"), unit);
            Assert.Contains(("MemorySwapMax", "0"), unit);
            Assert.Contains(("Environment", "DOTNET_EnableDiagnostics=0"), unit);
        }
    }

    private static IReadOnlyList<string> All(IReadOnlyList<(string Key, string Value)> unit, string key) =>
        [.. unit.Where(line => line.Key == key).SelectMany(line => line.Value.Split(' '))];

    private static IReadOnlyList<(string Key, string Value)> Read(string unit) =>
        [
            .. File.ReadAllLines(PathOf(unit))
                .Where(line => line.Contains('=') && line[0] != '#')
                .Select(line => line.Split('=', 2))
                .Select(pair => (pair[0], pair[1])),
        ];

    private static string PathOf(string unit) => Path.Combine(Repository.Root, "deploy", "systemd", unit);
}
