using System.Text.Json.Nodes;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Cut.Methods.Hook;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Cut.Methods.Hook;

/// <summary>A storage hook as operators write them, well and badly: what it is told, and what is made of its end.</summary>
public sealed class HookCutTests : IAsyncDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);
    private static readonly CutNames Names = CutNames.For("run", 1, 1);

    private readonly TemporaryDirectory _directory = new();
    private readonly SimulatedFleet _fleet;
    private readonly SimulatedVm _vm;
    private readonly SocketMonitor _monitor;
    private readonly CutTarget _target;

    public HookCutTests()
    {
        _fleet = new(_directory["vms"], 1);
        _vm = _fleet.Vms[0];
        _monitor = new(_vm.MonitorPath, TimeProvider.System);
        _target = new(Directory.CreateDirectory(_directory["point"]).FullName, null);
        // What a good finish leaves, ready to be copied.
        for (var i = 0; i < _vm.Disks.Count; i++) Qcow2Image.Write(_directory[$"{i}.qcow2"], _vm.Disks[i].Size);
    }

    [Fact]
    public async Task A_hook_is_called_for_each_phase_and_only_the_images_remain()
    {
        var cut = Cut(finish: Good);
        var plan = await PrepareAsync(cut);
        Assert.IsType<CutOutcome.Done>(await cut.CutAsync(plan, Long));
        Assert.True(await cut.CanFinishAsync(plan, default));
        var seen = new List<CopyProgress>();
        await cut.FinishAsync(plan, seen.Add, default);

        Assert.Equal(["prepare", "cut", "finish"], Calls.Select(call => (string?)call["phase"]));
        Assert.Equal(["0.qcow2", "1.qcow2"], Left);
        Assert.Equal(new CopyProgress(128 << 20, 128 << 20), seen[^1]);
        var told = Calls[1];
        Assert.Equal(
            (1, "h1~vm001", $"q-{Names.Hash}", _target.Directory),
            ((int)told["version"]!, (string?)told["vm"], (string?)told["name"], (string?)told["target"])
        );
        var disk = told["disks"]![1]!;
        Assert.Equal(
            (
                1,
                "disk1",
                "/machine/peripheral/vd1/virtio-backend",
                64L << 20,
                _vm.Disks[1].File,
                "qcow2",
                "data-1",
                Path.Combine(_target.Directory, "1.qcow2")
            ),
            (
                (int)disk["index"]!,
                (string?)disk["node"],
                (string?)disk["qdev"],
                (long)disk["size"]!,
                (string?)disk["file"],
                (string?)disk["format"],
                (string?)disk["serial"],
                (string?)disk["image"]
            )
        );
    }

    [Fact]
    public async Task The_stored_call_undoes_all_and_once_it_is_gone_there_is_nothing_to_undo()
    {
        var cut = Cut();
        var plan = await PrepareAsync(cut);
        var stored = JsonNode.Parse(
            await File.ReadAllBytesAsync(Path.Combine(_directory["owed"], $"q-{Names.Hash}{HookCut.UndoSuffix}")))!;
        await cut.CutAsync(plan, Long);
        await cut.UndoAsync(Names, plan.Directory, default);
        await cut.UndoAsync(Names, plan.Directory, default);

        Assert.Equal(["prepare", "cut", "undo"], Calls.Select(call => (string?)call["phase"]));
        Assert.Equal(Calls[2].ToJsonString(), stored.ToJsonString());
        Assert.False(Directory.Exists(_target.Directory));
    }

    [Fact]
    public async Task A_hook_that_hangs_in_its_cut_is_killed_with_its_group_at_the_limit()
    {
        var cut = Cut(cut: "sleep 1000 & sleep 1000");
        var plan = await PrepareAsync(cut);
        var outcome = Assert.IsType<CutOutcome.Unknown>(await cut.CutAsync(plan, Short));
        Assert.Contains("exceeded its time limit", outcome.Reason, StringComparison.Ordinal);
        await cut.UndoAsync(Names, plan.Directory, default);
        Assert.Empty(MarkedProcesses.Find($"q-{Names.Hash}"));
        Assert.Equal("undo", (string?)Calls[^1]["phase"]);
    }

    [Fact]
    public async Task A_child_that_outlives_the_hook_is_waited_for_by_nobody_and_killed()
    {
        var cut = Cut(cut: "sleep 1000 & echo '{}'");
        var plan = await PrepareAsync(cut);
        Assert.IsType<CutOutcome.Done>(await cut.CutAsync(plan, Long));
        await MarkedProcesses.EndAsync($"q-{Names.Hash}", Long, TimeProvider.System, default);
    }

    /// <summary>The group's kill does not reach it, and it holds the hook's pipes.</summary>
    [Fact]
    public async Task A_child_that_left_the_group_holds_nobody_up_and_is_gone_before_the_undo()
    {
        var cut = Cut(cut: """mkfifo $W/left; setsid sh -c "echo >$W/left; exec sleep 1000" & read -r _ <$W/left; echo '{}'""");
        var plan = await PrepareAsync(cut);
        Assert.IsType<CutOutcome.Done>(await cut.CutAsync(plan, Long));
        Assert.NotEmpty(MarkedProcesses.Find($"q-{Names.Hash}"));
        await cut.UndoAsync(Names, plan.Directory, default);
        Assert.Empty(MarkedProcesses.Find($"q-{Names.Hash}"));
    }

    [Theory]
    [InlineData("echo done", "no JSON object: \"done\"")]
    [InlineData("true", "no JSON object: nothing")]
    [InlineData("echo '[1]'", "no JSON object")]
    [InlineData("head -c 1000000 /dev/zero", "no JSON object")]
    public async Task What_a_hook_prints_besides_an_object_leaves_the_cut_unknown(string script, string reason)
    {
        var cut = Cut(cut: script);
        var outcome = Assert.IsType<CutOutcome.Unknown>(await cut.CutAsync(await PrepareAsync(cut), Long));
        Assert.Contains(reason, outcome.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo '{\"error\":\"vg0 is full\"}'; exit 1", "vg0 is full")]
    [InlineData("echo '{\"error\":\"vg0 is full\"}'", "vg0 is full")]
    [InlineData("echo '{\"error\":{\"code\":5}}'", "{\"code\":5}")]
    [InlineData("echo first >&2; echo 'no such device' >&2; exit 5", "no such device")]
    [InlineData("exit 7", "exit code 7")]
    [InlineData("echo '{}'; exit 7", "exit code 7")]
    public async Task A_hook_that_fails_gives_the_reason(string script, string reason)
    {
        var cut = Cut(cut: script);
        var outcome = Assert.IsType<CutOutcome.Refused>(await cut.CutAsync(await PrepareAsync(cut), Long));
        Assert.Equal($"hook test: {reason}", outcome.Reason);
    }

    [Fact]
    public async Task A_prepare_that_fails_is_undone_and_its_remedy_is_told()
    {
        var cut = Cut(prepare: """echo '{"error":"no volume group","remedy":"Make one"}'; exit 1""");
        var failed = await Assert.ThrowsAsync<CutException>(() => PrepareAsync(cut));
        Assert.Equal(("hook test failed in prepare: no volume group", "Make one"), (failed.Message, failed.Remedy));
        Assert.Equal(["prepare", "undo"], Calls.Select(call => (string?)call["phase"]));
        Assert.False(Directory.Exists(_target.Directory));
    }

    [Theory]
    [InlineData("echo '{}'", "no qcow2 image at")]
    [InlineData("for i in 0 1; do echo raw >$T/$i.qcow2; done; echo '{}'", "no qcow2 image at")]
    [InlineData("cp $W/0.qcow2 $T/0.qcow2; cp $W/small.qcow2 $T/1.qcow2; echo '{}'", "is a disk of 1048576 bytes")]
    [InlineData("cp $W/0.qcow2 $T/0.qcow2; cp $W/open.qcow2 $T/1.qcow2; echo '{}'", "names another file")]
    public async Task A_finish_that_left_no_whole_images_makes_no_point(string finish, string reason)
    {
        Qcow2Image.Write(_directory["small.qcow2"], 1 << 20);
        Qcow2Image.Write(_directory["open.qcow2"], 64 << 20, backingFile: "/etc/passwd", backingFormat: "raw");
        var cut = Cut(finish: finish);
        var plan = await PrepareAsync(cut);
        await cut.CutAsync(plan, Long);
        var failed = await Assert.ThrowsAsync<CutException>(() => cut.FinishAsync(plan, _ => { }, default));
        Assert.Contains(reason, failed.Message, StringComparison.Ordinal);
        await cut.UndoAsync(Names, plan.Directory, default);
        Assert.False(Directory.Exists(_target.Directory));
    }

    [Fact]
    public async Task A_finish_is_repeated_by_another_process_and_a_done_one_is_known_by_its_images()
    {
        var plan = await PrepareAsync(Cut());
        await Cut().CutAsync(plan, Long);
        var successor = Cut(finish: Good);
        Assert.True(await successor.CanFinishAsync(plan, default));
        await successor.FinishAsync(plan, _ => { }, default);
        Assert.True(await successor.CanFinishAsync(plan, default));
        await successor.FinishAsync(plan, _ => { }, default);
        Assert.Single(Calls, call => (string?)call["phase"] == "finish");
        File.Delete(plan.Disks[1].Image);
        Assert.False(await successor.CanFinishAsync(plan, default));
    }

    [Fact]
    public async Task A_finish_is_cancelled_with_its_group()
    {
        using var stop = new CancellationTokenSource();
        var cut = Cut(finish: "sleep 1000");
        var plan = await PrepareAsync(cut);
        // The first look at the images comes before the call.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cut.FinishAsync(plan, _ => stop.Cancel(), stop.Token));
        await MarkedProcesses.EndAsync($"q-{Names.Hash}", Long, TimeProvider.System, default);
    }

    [Fact]
    public async Task An_undo_that_fails_keeps_its_call_and_says_how_it_is_done_by_hand()
    {
        var cut = Cut(undo: """echo '{"error":"busy","remedy":"Wait"}'; exit 1""");
        var plan = await PrepareAsync(cut);
        var failed = await Assert.ThrowsAsync<CutException>(() => cut.UndoAsync(Names, plan.Directory, default));
        var owed = Path.Combine(_directory["owed"], $"q-{Names.Hash}{HookCut.UndoSuffix}");
        Assert.Equal(
            $"Wait. Then undo it by hand: give {owed} to the hook's standard input, and delete {_target.Directory}.",
            failed.Remedy
        );
        Assert.True(File.Exists(owed));
    }

    [Fact]
    public async Task A_hook_that_the_host_does_not_have_is_refused_with_those_that_it_has()
    {
        var cut = new HookCut(
            new QmpMachine(_monitor),
            "h1~vm001",
            "lvn",
            new Dictionary<string, IReadOnlyList<string>> { ["zfs"] = ["/z"], ["lvm"] = ["/l"] },
            _directory["owed"],
            TimeProvider.System
        );
        var failed = await Assert.ThrowsAsync<CutException>(() => PrepareAsync(cut));
        Assert.Equal("this host has no hook lvn; there are lvm, zfs", failed.Message);
    }

    [Fact]
    public async Task A_disk_that_ignores_flushes_is_refused()
    {
        await OpenAsync();
        var blocks = ((MonitorOutcome.Returned)await _monitor.ExecuteAsync("query-block", default, Long)).Json;
        var unsafely = JsonNode.Parse(blocks.Span)!;
        unsafely[0]!["inserted"]!["cache"]!["no-flush"] = true;
        _vm.Monitor.On("query-block", Act.Return(unsafely));
        var failed = await Assert.ThrowsAsync<CutException>(() => Cut().PrepareAsync(Names, _target, default));
        Assert.Contains("cache=unsafe", failed.Message, StringComparison.Ordinal);
        Assert.Empty(Calls);
    }

    [Fact]
    public async Task Nothing_of_the_nodes_environment_is_handed_on_but_the_path()
    {
        var cut = Cut(
            cut: """
                printf '{"error":"%s"}' "$(
                  env | cut -d= -f1 | grep -vx -e PWD -e _ -e SHLVL -e OLDPWD | sort | tr '\n' ' ')"
                """
        );
        var outcome = Assert.IsType<CutOutcome.Refused>(await cut.CutAsync(await PrepareAsync(cut), Long));
        Assert.Equal("hook test: LC_ALL PATH QGA_HOOK ", outcome.Reason);
    }

    [Fact]
    public async Task A_missing_program_fails_and_does_not_hang()
    {
        var cut = new HookCut(
            new QmpMachine(_monitor),
            "h1~vm001",
            "test",
            new Dictionary<string, IReadOnlyList<string>> { ["test"] = [_directory["none"]] },
            _directory["owed"],
            TimeProvider.System
        );
        var failed = await Assert.ThrowsAsync<CutException>(() => PrepareAsync(cut));
        Assert.Contains("No such file", failed.Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _monitor.DisposeAsync();
        await _fleet.DisposeAsync();
        _directory.Dispose();
    }

    private const string Good = "cp $W/0.qcow2 $W/1.qcow2 $T; echo '{}'";

    private const string Well = "echo '{}'";

    private IReadOnlyList<JsonNode> Calls =>
        File.Exists(_directory["calls"]) ? [.. File.ReadAllLines(_directory["calls"]).Select(line => JsonNode.Parse(line)!)] : [];

    private IEnumerable<string?> Left =>
        Directory.GetFiles(_target.Directory).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    /// <summary>A hook that writes down its call, then does what its phase is to do. $W is the test's folder, $T the
    /// target.</summary>
    private HookCut Cut(string prepare = Well, string cut = Well, string finish = Well, string undo = Well)
    {
        var script = _directory[$"hook{Directory.GetFiles(_directory.Path, "hook*").Length}"];
        File.WriteAllText(script, $"""
            W={_directory.Path} T={_target.Directory}
            read -r call
            echo "$call" >>$W/calls
            case $call in
            *'"phase":"prepare"'*) {prepare} ;;
            *'"phase":"cut"'*) {cut} ;;
            *'"phase":"finish"'*) {finish} ;;
            *'"phase":"undo"'*) {undo} ;;
            esac
            """
        );
        return new HookCut(
            new QmpMachine(_monitor),
            "h1~vm001",
            "test",
            new Dictionary<string, IReadOnlyList<string>> { ["test"] = ["/bin/sh", script] },
            _directory["owed"],
            TimeProvider.System
        );
    }

    private async Task OpenAsync() => Assert.IsType<MonitorOpenOutcome.Ready>(await _monitor.OpenAsync(Long));

    private async Task<CutPlan> PrepareAsync(HookCut cut)
    {
        await OpenAsync();
        return await cut.PrepareAsync(Names, _target, default);
    }
}
