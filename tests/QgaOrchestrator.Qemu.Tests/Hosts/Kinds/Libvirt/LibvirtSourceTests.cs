using QgaOrchestrator.Qemu.Hosts;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Libvirt;

public sealed class LibvirtSourceTests : IAsyncLifetime
{
    private readonly LibvirtLab _lab = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _lab.DisposeAsync();

    [Theory]
    [InlineData("Uri", "qemu+ssh://hv2/system", "run a node on that host: a thaw must not need the network")]
    [InlineData("Uri", "qemu+tls://hv2/system", "run a node on that host: a thaw must not need the network")]
    [InlineData("Uri", "xen:///system", "is not qemu:///system or qemu:///session")]
    [InlineData("Cut", "snapshot", "\"snapshot\" is not backup or monitor")]
    [InlineData("LastResort", "maybe", "is not true or false")]
    public void A_wrong_option_is_told_by_name_with_what_is_right(string option, string value, string why)
    {
        _lab.Options[option] = value;
        LibvirtLab.Kind.Read(_lab.Options);
        var fault = Assert.Single(_lab.Options.Faults);
        Assert.StartsWith(option + ": ", fault, StringComparison.Ordinal);
        Assert.Contains(why, fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_domain_with_a_name_that_is_no_VMs_goes_by_its_UUID_and_has_it_as_a_label()
    {
        var domain = _lab.Add("my web server");
        var vms = (await LookAsync(LibvirtLab.Kind.Read(_lab.Options))).Vms;
        Assert.Equal(2, vms.Count);
        var named = Assert.Single(vms, vm => vm.Name == domain.Handle.Uuid.ToString());
        Assert.Equal("my_web_server", named.Labels.All["libvirt.name"]);
        Assert.Equal("qemu:///system my web server", named.Place);
        Assert.Equal("vm001", Assert.Single(vms, vm => vm.Name == "vm001").Labels.All["libvirt.name"]);
    }

    [Fact]
    public async Task A_domain_without_an_agents_channel_is_found_and_told_what_it_lacks()
    {
        _lab.Domains[0].HasChannel = false;
        var vm = await _lab.FindAsync();
        Assert.Contains("no channel for the guest's agent", vm.NoAgent!.Reason, StringComparison.Ordinal);
        Assert.Contains("org.qemu.guest_agent.0", vm.NoAgent.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_domain_that_starts_or_ends_is_seen_by_the_next_look()
    {
        var source = LibvirtLab.Kind.Read(_lab.Options);
        var before = await LookAsync(source);
        Assert.Same(before, await LookAsync(source));
        _lab.Add("db1");
        Assert.Equal(["db1", "vm001"], (await LookAsync(source)).Vms.Select(vm => vm.Name));
        await _lab.Vm.End();
        Assert.Equal(["db1"], (await LookAsync(source)).Vms.Select(vm => vm.Name));
    }

    [Fact]
    public async Task While_the_daemon_is_away_its_domains_stay_and_the_reason_is_told()
    {
        var source = LibvirtLab.Kind.Read(_lab.Options);
        Assert.Empty((await LookAsync(source)).Faults);
        await _lab.Daemon.KillAsync();
        var look = await LookAsync(source);
        Assert.Equal("vm001", Assert.Single(look.Vms).Name);
        var fault = Assert.Single(look.Faults);
        Assert.True(fault.Blinds);
        Assert.Contains("qemu:///system", fault.Reason, StringComparison.Ordinal);
        Assert.StartsWith("Start libvirt's daemon", fault.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_look_waits_for_nobody_and_says_that_libvirt_has_not_answered()
    {
        _lab.Daemon.Stop();
        var source = LibvirtLab.Kind.Read(_lab.Options);
        var look = source.Look();
        Assert.Empty(look.Vms);
        Assert.Contains("has not answered yet", Assert.Single(look.Faults).Reason, StringComparison.Ordinal);
        _lab.Daemon.GoOn();
        Assert.Single((await LookAsync(source)).Vms);
    }

    [Fact]
    public async Task A_VM_that_others_find_by_the_socket_of_its_channel_is_this_sources()
    {
        var source = LibvirtLab.Kind.Read(_lab.Options);
        var vm = Assert.Single((await LookAsync(source)).Vms);
        Assert.True(source.Owns(vm with { Name = "other" }));
        Assert.False(source.Owns(vm with { Identity = "/run/vms/other/qga.sock" }));
    }

    private static async Task<SourceLook> LookAsync(IVmSource source)
    {
        await source.ReadyAsync();
        var look = source.Look();
        // A look has the daemon asked anew: that is over before the test goes on.
        await source.ReadyAsync();
        return look;
    }
}
