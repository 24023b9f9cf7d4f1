using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Locks;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;
using QgaOrchestrator.Qemu.Tests.Cut;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Proxmox;

/// <summary>The lock in a VM's config: set once, released always, and never somebody else's.</summary>
public sealed class ConfigLockTests : IDisposable
{
    private const string Vm = "h1~100", Ours = "aaaaaaaaaa", Others = "bbbbbbbbbb";

    private readonly TemporaryDirectory _root = new();
    private readonly FakeProxmox _proxmox;
    private readonly ConfigLock _lock;
    private readonly LockNotes _notes;
    private readonly LockTidying _tidying;

    public ConfigLockTests()
    {
        _proxmox = new FakeProxmox(_root.Path);
        _proxmox.Write(100, "name: db\n\n[before]\nlock: of-the-past\n");
        var host = new CutHost(_root["data"], TimeProvider.System);
        (_lock, _notes, _tidying) = (new ConfigLock(Site, Vm, 100, host), new LockNotes(host), new LockTidying(Site, host));
    }

    private ProxmoxSite Site => new(_proxmox.Config, _proxmox.Sockets, TakesLock: true, _proxmox.Root);

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task It_is_noted_before_it_is_set_and_gone_when_it_is_released()
    {
        _proxmox.BeginQmWith($"""cp {_root["data/locks"]}/{Vm}.lock.json {_root["seen"]} 2>/dev/null || touch {_root["unnoted"]}""");
        await _lock.TakeAsync(Ours, default);
        Assert.Equal("backup", _proxmox.LockOf(100));
        Assert.Contains(Ours, File.ReadAllText(_root["seen"]), StringComparison.Ordinal);
        await _lock.RequireFreeAsync(Ours);
        await Assert.ThrowsAsync<CutException>(() => _lock.RequireFreeAsync(Others));

        Assert.Null(await _lock.TryReleaseAsync(Others));
        Assert.Equal("backup", _proxmox.LockOf(100));
        Assert.Null(await _lock.TryReleaseAsync(Ours));
        Assert.Null(_proxmox.LockOf(100));
        Assert.Null(_notes.Read(Vm));
        Assert.False(File.Exists(_root["unnoted"]));
        Assert.Equal(["set 100 --lock backup", "unlock 100"], _proxmox.Calls);
        Assert.Contains("of-the-past", File.ReadAllText(_proxmox.ConfigOf(100)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("backup", "vzdump")]
    [InlineData("migrate", "where the VM is then")]
    [InlineData("snapshot-delete", "snapshot")]
    [InlineData("suspended", "qm resume 100")]
    [InlineData("new-in-pve-10", "qm unlock 100")]
    public async Task A_VM_that_somebody_else_has_locked_is_refused_by_the_name_of_the_lock(string name, string remedy)
    {
        _proxmox.Lock(100, name);
        var refused = await Assert.ThrowsAsync<CutException>(() => _lock.TakeAsync(Ours, default));
        Assert.Equal($"VM 100 is locked ({name})", refused.Message);
        Assert.Contains(remedy, refused.Remedy, StringComparison.Ordinal);
        Assert.Equal(name, _proxmox.LockOf(100));
        Assert.Empty(_proxmox.Calls);
    }

    [Fact]
    public async Task Who_is_faster_by_a_moment_keeps_his_lock()
    {
        _proxmox.BeginQmWith($"[ $1 = unlock ] || sed -i '1i lock: backup' {_proxmox.ConfigOf(100)}");
        var refused = await Assert.ThrowsAsync<CutException>(() => _lock.TakeAsync(Ours, default));
        Assert.Equal("VM 100 is locked (backup)", refused.Message);
        Assert.Null(await _lock.TryReleaseAsync(Ours));
        Assert.Equal("backup", _proxmox.LockOf(100));
        Assert.Null(_notes.Read(Vm));
    }

    [Fact]
    public async Task Without_a_quorum_nothing_is_locked()
    {
        _proxmox.SetQuorum(false);
        var refused = await Assert.ThrowsAsync<CutException>(() => _lock.TakeAsync(Ours, default));
        Assert.Contains("no quorum", refused.Message, StringComparison.Ordinal);
        Assert.Contains("pvecm status", refused.Remedy, StringComparison.Ordinal);
        Assert.Empty(_proxmox.Calls);
        Assert.Null(_notes.Read(Vm));
    }

    [Fact]
    public async Task What_qm_says_is_told_where_it_locks_nothing()
    {
        _proxmox.BeginQmWith("echo 'unable to open file: Permission denied' >&2; exit 2");
        var refused = await Assert.ThrowsAsync<CutException>(() => _lock.TakeAsync(Ours, default));
        Assert.Contains("Permission denied", refused.Message, StringComparison.Ordinal);
        Assert.Null(_notes.Read(Vm));

        File.Delete(_proxmox.Qm);
        refused = await Assert.ThrowsAsync<CutException>(() => _lock.TakeAsync(Ours, default));
        Assert.Contains("cannot be run", refused.Message, StringComparison.Ordinal);
        Assert.Null(_notes.Read(Vm));
    }

    [Fact]
    public async Task A_lock_that_cannot_be_released_now_stays_noted_and_goes_later()
    {
        await _lock.TakeAsync(Ours, default);
        _proxmox.BeginQmWith("echo 'cluster not ready - no quorum?' >&2; exit 2");
        Assert.Contains("no quorum?", await _lock.TryReleaseAsync(Ours), StringComparison.Ordinal);
        Assert.NotNull(_notes.Read(Vm));
        Assert.Contains("no quorum?", Assert.Single(await TidyAsync()), StringComparison.Ordinal);

        _proxmox.BeginQmWith(":");
        Assert.Contains("is released", Assert.Single(await TidyAsync()), StringComparison.Ordinal);
        Assert.Null(_proxmox.LockOf(100));
        Assert.Empty(await TidyAsync());
    }

    [Fact]
    public async Task The_lock_of_an_attempt_that_goes_on_stays()
    {
        await _lock.TakeAsync(Ours, default);
        Assert.Empty(await _tidying.RunAsync(_ => Task.FromResult<IReadOnlySet<string>>(new HashSet<string> { Ours }), default));
        Assert.Equal("backup", _proxmox.LockOf(100));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_that_ended_while_qm_worked_is_followed_by_one_that_unlocks(bool wasSet)
    {
        _notes.Write(new LockNote(Vm, 100, Ours, DateTimeOffset.UtcNow));
        if (wasSet) _proxmox.Lock(100, "backup");
        await TidyAsync();
        Assert.Null(_proxmox.LockOf(100));
        Assert.Null(_notes.Read(Vm));
    }

    [Fact]
    public async Task A_qm_that_outlives_its_node_is_waited_for()
    {
        _notes.Write(new LockNote(Vm, 100, Ours, DateTimeOffset.UtcNow));
        _proxmox.BeginQmWith($"[ $1 = unlock ] || {{ mkfifo {_root["go"]}; read x < {_root["go"]}; }}");
        var set = new ProxmoxTool(_proxmox.Qm, TimeProvider.System)
            .RunAsync(Ours, TimeSpan.FromMinutes(1), "set", "100", "--lock", "backup");
        while (!File.Exists(_root["go"])) await Task.Yield();

        var tidying = TidyAsync();
        File.WriteAllText(_root["go"], "now\n");
        Assert.True((await set).IsDone);
        await tidying;

        Assert.Null(_proxmox.LockOf(100));
        Assert.Null(_notes.Read(Vm));
    }

    [Fact]
    public async Task A_lock_that_may_be_vzdumps_is_not_released_while_vzdump_works()
    {
        _notes.Write(new LockNote(Vm, 100, Ours, DateTimeOffset.UtcNow));
        _proxmox.Lock(100, "backup");
        using (new FileStream(_proxmox.VzdumpLock, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            Assert.Contains("vzdump", Assert.Single(await TidyAsync()), StringComparison.Ordinal);
        Assert.Equal("backup", _proxmox.LockOf(100));
        _proxmox.Lock(100, null);
        await TidyAsync();
        Assert.Null(_notes.Read(Vm));
        Assert.Empty(_proxmox.Calls);
    }

    [Theory]
    [InlineData("snapshot")]
    [InlineData("backup")]
    public async Task A_lock_that_came_after_ours_was_taken_away_stays(string name)
    {
        _notes.Write(new LockNote(Vm, 100, Ours, DateTimeOffset.UtcNow - TimeSpan.FromHours(1)));
        _proxmox.Lock(100, name);
        await TidyAsync();
        Assert.Equal(name, _proxmox.LockOf(100));
        Assert.Null(_notes.Read(Vm));
    }

    [Fact]
    public async Task A_VM_that_has_moved_with_our_lock_is_told_with_its_place()
    {
        await _lock.TakeAsync(Ours, default);
        _proxmox.Move(100, "pve2");
        Assert.Contains("On pve2: qm unlock 100", Assert.Single(await TidyAsync()), StringComparison.Ordinal);
        Assert.NotNull(_notes.Read(Vm));
        Assert.Contains("has moved to pve2", (await _lock.LossAsync(Ours))!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_VM_that_was_destroyed_nothing_is_left()
    {
        await _lock.TakeAsync(Ours, default);
        File.Delete(_proxmox.ConfigOf(100));
        await TidyAsync();
        Assert.Null(_notes.Read(Vm));
    }

    [Fact]
    public async Task While_pmxcfs_hangs_nobody_waits_for_it_beyond_the_limit()
    {
        var time = new ManualTime();
        var hanging = new ConfigLock(Site, Vm, 100, new CutHost(_root["data"], time));
        File.Move(_proxmox.ConfigOf(100), _root["config"]);
        RealQemu.Run("mkfifo", _proxmox.ConfigOf(100));

        var copies = Enumerable.Range(0, 5).Select(_ => hanging.LossAsync(Ours)).ToList();
        var backup = hanging.RequireFreeAsync(Ours);
        time.Advance(TimeSpan.FromSeconds(11));

        Assert.All(await Task.WhenAll(copies), Assert.Null);
        var refused = await Assert.ThrowsAsync<CutException>(() => backup);
        Assert.Contains("does not answer", refused.Message, StringComparison.Ordinal);

        File.Move(_proxmox.ConfigOf(100), _root["pipe"]);
        File.Move(_root["config"], _proxmox.ConfigOf(100));
        // Whoever hangs is let go.
        using (new FileStream(_root["pipe"], FileMode.Open, FileAccess.ReadWrite)) { }
        await _lock.RequireFreeAsync(Ours);
    }

    private Task<IReadOnlyList<string>> TidyAsync() =>
        _tidying.RunAsync(_ => Task.FromResult<IReadOnlySet<string>>(new HashSet<string>()), default);
}
