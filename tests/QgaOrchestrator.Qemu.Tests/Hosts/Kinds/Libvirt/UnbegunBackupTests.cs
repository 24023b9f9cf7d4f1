using System.Globalization;
using System.Text;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Libvirt;

/// <summary>A daemon that ends while it begins a backup, and what its successor and QEMU have of it.</summary>
public sealed class UnbegunBackupTests : IAsyncLifetime
{
    private const string Job = "<job type='none' async='backup' flags='0x0' asyncStarted='1796042557840'/>";

    private static readonly TimeSpan Long = LibvirtLab.Long;
    private static readonly CutNames Names = CutNames.For("run", 0, 1);

    private readonly LibvirtLab _lab = new();
    private IMachine _machine = null!;

    private FakeBackup Backup => _lab.Domains[0].Backup;

    private string Point => Path.Combine(_lab.Root, "point");

    private ICut Cut => LibvirtLab.Kind.Method("full").Make(new(
        new CutHost(Path.Combine(_lab.Root, "data"), TimeProvider.System)
        {
            Limits = new() { Poll = TimeSpan.FromMilliseconds(10), Begin = TimeSpan.FromMilliseconds(50) },
        },
        "h1~vm001", _machine));

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FileOf(".pid"))!);
        // Of a QEMU that the test can open files for.
        await File.WriteAllTextAsync(FileOf(".pid"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        _machine = await _lab.OpenMachineAsync();
        Directory.CreateDirectory(Point);
    }

    public async Task DisposeAsync()
    {
        await _machine.DisposeAsync();
        await _lab.DisposeAsync();
    }

    [Theory]
    [InlineData("<backups />", false)]
    [InlineData("<backups><domainbackup mode='push'/></backups>", true)]
    public async Task A_job_whose_daemon_ends_in_its_begin_is_kept_from_the_next_one(
        string backups, bool isKept)
    {
        var state = $"<!-- libvirt's -->\n<domstatus>\n  {Job}\n  {backups}\n  <domain><name>a&amp;b</name></domain>\n</domstatus>";
        await File.WriteAllTextAsync(FileOf(".xml"), state);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _machine.Lost += _ => lost.TrySetResult();
        var plan = await PrepareAsync();
        Backup.Began = () => _ = _lab.Daemon.KillAsync();
        Assert.IsType<CutOutcome.Unknown>(await Cut.CutAsync(plan, Long));
        await lost.Task.WaitAsync(Long);
        Assert.Equal(
            isKept ? state : state.Replace(Job, "", StringComparison.Ordinal), await File.ReadAllTextAsync(FileOf(".xml")));
        if (!isKept) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FileOf(".xml")));
    }

    [Fact]
    public async Task A_daemon_that_ends_at_other_times_finds_its_file_as_it_was()
    {
        var state = $"<domstatus>{Job}</domstatus>";
        await File.WriteAllTextAsync(FileOf(".xml"), state);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _machine.Lost += _ => lost.TrySetResult();
        Assert.IsType<CutOutcome.Done>(await Cut.CutAsync(await PrepareAsync(), Long));
        await _lab.Daemon.KillAsync();
        await lost.Task.WaitAsync(Long);
        Assert.Equal(state, await File.ReadAllTextAsync(FileOf(".xml")));
    }

    [Fact]
    public async Task A_backup_that_nobody_can_end_is_told_and_goes_with_the_daemons_restart()
    {
        await File.WriteAllTextAsync(FileOf(".xml"), $"<domstatus>{Job}</domstatus>");
        Backup.IsUnbegun = true;
        var refused = await Assert.ThrowsAsync<CutException>(PrepareAsync);
        Assert.StartsWith("libvirt holds a backup whose daemon was ended", refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("Restart libvirt's daemon while this node runs as root", refused.Remedy, StringComparison.Ordinal);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _machine.Lost += _ => lost.TrySetResult();
        await _lab.Daemon.KillAsync();
        await lost.Task.WaitAsync(Long);
        Assert.Equal("<domstatus />", await File.ReadAllTextAsync(FileOf(".xml")));
    }

    [Fact]
    public async Task What_a_begin_left_open_in_QEMU_is_taken_out_of_it()
    {
        var plan = await PrepareAsync();
        await using var opened = File.OpenRead(plan.Disks[0].Image);
        await DoAsync("blockdev-add", $$"""{"driver":"file","node-name":"libvirt-5-storage","filename":"{{plan.Disks[0].Image}}"}""");
        await DoAsync("blockdev-add", """{"driver":"qcow2","node-name":"libvirt-5-format","file":"libvirt-5-storage"}""");
        await DoAsync("blockdev-backup", """
            {"job-id":"backup-vda-libvirt-1-format","device":"disk0","target":"libvirt-5-format","sync":"full","auto-dismiss":false}
            """);
        await Cut.UndoAsync(Names, Point, default);
        Assert.Empty(_lab.Vm.Blocks.Leftovers);
        Assert.Empty(_lab.Vm.Jobs.All);
        Assert.False(Directory.Exists(Point));
    }

    private string FileOf(string ending) => Path.Combine(_lab.Root, "run/libvirt/qemu", _lab.Vm.Name + ending);

    private Task<CutPlan> PrepareAsync() => Cut.PrepareAsync(Names, new(Point, null), default);

    private async Task DoAsync(string command, string arguments) => Assert.IsType<MonitorOutcome.Returned>(
        await new LibvirtMonitor((LibvirtMachine)_machine).ExecuteAsync(command, Encoding.UTF8.GetBytes(arguments), Long));
}
