using System.Diagnostics;

namespace QgaOrchestrator.Simulator.Tests;

/// <summary>The block graph's rules, with the texts that QEMU 7.2.22 gave for the same commands.</summary>
public sealed class BlockTests : Fleet
{
    [Fact]
    public async Task A_full_backup_of_two_disks_leaves_the_graph_as_it_was()
    {
        using var qmp = await Peer.ConnectMonitor(Vm);
        await Target(qmp, 0);
        await Target(qmp, 1);
        Vm.Guest.FreezeBySomebodyElse();
        Assert.Equal("{}", (await qmp.Call("transaction", $$"""{"actions": [{{Backup(0)}}, {{Backup(1)}}]}""")).ToJsonString());
        Vm.Guest.ThawBySomebodyElse();
        await Concluded("b0");
        await Concluded("b1");
        foreach (var i in new[] { 0, 1 })
        {
            await qmp.Call("job-dismiss", $$"""{"id": "b{{i}}"}""");
            Assert.Equal("{}", (await qmp.Call("blockdev-del", $$"""{"node-name": "t{{i}}"}""")).ToJsonString());
            Assert.Equal("{}", (await qmp.Call("blockdev-del", $$"""{"node-name": "t{{i}}f"}""")).ToJsonString());
        }

        Assert.Empty(Vm.Blocks.Leftovers);
        Assert.Empty(Vm.Jobs.All);
        Assert.Contains("vm001/disk1", Qcow2Image.ContentOf(PathOf("t1.qcow2")), StringComparison.Ordinal);
        var cut = Assert.Single(Vm.Cuts);
        Assert.True(cut.Frozen);
        Assert.Equal(1, cut.Epoch);
    }

    [Fact]
    public async Task A_transaction_starts_all_or_nothing()
    {
        using var qmp = await Peer.ConnectMonitor(Vm);
        await Target(qmp, 0);
        var error = await qmp.Call("transaction", $$"""{"actions": [{{Backup(0)}}, {{Backup(1)}}]}""");
        Assert.Equal("Cannot find device='t1' nor node-name='t1'", error.GetValue<string>());
        Assert.Empty(Vm.Jobs.All);
        Assert.Empty(Vm.Cuts);
        Assert.Equal("{}", (await qmp.Call("blockdev-del", """{"node-name": "t0"}""")).ToJsonString());
    }

    [Fact]
    public async Task Names_and_nodes_in_use_are_refused_with_QEMU_s_texts()
    {
        using var qmp = await Peer.ConnectMonitor(Vm);
        await Target(qmp, 0);
        using var hold = Vm.Jobs.Hold("backup");
        await qmp.Call("transaction", $$"""{"actions": [{{Backup(0)}}]}""");

        async Task Refused(string text, string command, string arguments) =>
            Assert.Equal(text, (await qmp.Call(command, arguments)).GetValue<string>());
        await Refused(
            "Node 't0' is busy: block device is in use by block job: backup",
            "blockdev-del",
            """{"node-name": "t0"}"""
        );
        await Refused("Block device t0f is in use", "blockdev-del", """{"node-name": "t0f"}""");
        await Refused("Failed to find node with node-name='no'", "blockdev-del", """{"node-name": "no"}""");
        await Refused("Node name too long", "blockdev-add",
            $$"""{"driver": "file", "filename": "{{PathOf("t0.qcow2")}}", "node-name": "{{new string('x', 32)}}"}""");
        await Refused("Duplicate nodes with node-name='t0f'", "blockdev-add",
            $$"""{"driver": "file", "filename": "{{PathOf("t0.qcow2")}}", "node-name": "t0f"}""");
        await Refused("Job ID 'b0' already in use", "blockdev-create",
            """{"job-id": "b0", "options": {"driver": "file", "filename": "/nope", "size": 0}}""");
        await Refused("Job 'b0' in state 'running' cannot accept command verb 'dismiss'", "job-dismiss", """{"id": "b0"}""");
        Assert.Equal("copy-before-write", (await qmp.Call("query-block"))[0]!["inserted"]!["drv"]!.GetValue<string>());

        await qmp.Call("job-cancel", """{"id": "b0"}""");
        Assert.Equal("Operation canceled", Assert.Single(Vm.Jobs.All).Error);
        Assert.Equal("disk0", (await qmp.Call("query-block"))[0]!["inserted"]!["node-name"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_full_target_fails_the_job_and_says_so_in_query_jobs()
    {
        using var qmp = await Peer.ConnectMonitor(Vm);
        await Target(qmp, 0);
        using var full = Vm.Jobs.Fail("backup", "No space left on device", at: 0.2);
        await qmp.Call("transaction", $$"""{"actions": [{{Backup(0)}}]}""");
        await Concluded("b0");
        Assert.Equal("No space left on device", (await qmp.Call("query-jobs"))[0]!["error"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_overlay_becomes_the_root_and_a_commit_takes_it_off_again()
    {
        using var qmp = await Peer.ConnectMonitor(Vm);
        await Target(qmp, 0);
        await qmp.Call(
            "transaction",
            """{"actions": [{"type": "blockdev-snapshot", "data": {"node": "disk0", "overlay": "t0"}}]}"""
        );
        Assert.Equal("t0", Vm.Blocks.Root(Vm.Disks[0]).Name);
        var ready = Vms.Journal.Until(
            fact => fact is { Kind: "job" } && fact.Detail.StartsWith("commit c0", StringComparison.Ordinal));
        await qmp.Call("block-commit", """{"job-id": "c0", "device": "t0", "base-node": "disk0", "auto-dismiss": false}""");
        string line;
        do line = await qmp.Line();
        while (!line.Contains("BLOCK_JOB_READY", StringComparison.Ordinal));
        await qmp.Call("job-complete", """{"id": "c0"}""");
        await ready;
        await qmp.Call("job-dismiss", """{"id": "c0"}""");
        await qmp.Call("blockdev-del", """{"node-name": "t0"}""");
        await qmp.Call("blockdev-del", """{"node-name": "t0f"}""");
        Assert.Empty(Vm.Blocks.Leftovers);
    }

    [SkippableFact]
    public async Task Qemu_img_accepts_the_images()
    {
        Skip.IfNot(File.Exists("/usr/bin/qemu-img"), "qemu-img is not installed");
        Qcow2Image.Write(PathOf("a.qcow2"), 1L << 40, "hello"u8.ToArray(), Vm.Disks[0].File, "qcow2");
        foreach (var arguments in new[] { "check -q a.qcow2", "info a.qcow2", "convert -O raw vm001/disk0.qcow2 raw" })
        {
            using var img = Process.Start(new ProcessStartInfo("/usr/bin/qemu-img", arguments)
            {
                WorkingDirectory = PathOf(""),
                RedirectStandardOutput = true,
            })!;
            await img.StandardOutput.ReadToEndAsync();
            await img.WaitForExitAsync();
            Assert.Equal(0, img.ExitCode);
        }
        Assert.StartsWith("vm001/disk0\n", await File.ReadAllTextAsync(PathOf("raw")), StringComparison.Ordinal);
    }

    private async Task Target(Peer qmp, int i)
    {
        await Create(qmp, $"cf{i}", $$"""{"driver": "file", "filename": "{{PathOf($"t{i}.qcow2")}}", "size": 0}""");
        await qmp.Call(
            "blockdev-add",
            $$"""{"driver": "file", "filename": "{{PathOf($"t{i}.qcow2")}}", "node-name": "t{{i}}f"}"""
        );
        await Create(
            qmp,
            $"cq{i}",
            $$"""{"driver": "qcow2", "file": "t{{i}}f", "size": {{Vm.Disks[i].Size}}, "preallocation": "falloc"}"""
        );
        Assert.Equal(
            "{}",
            (
                await qmp.Call(
                    "blockdev-add",
                    $$"""{"driver": "qcow2", "file": "t{{i}}f", "node-name": "t{{i}}", "backing": null}"""
                )
            ).ToJsonString()
        );
    }

    private async Task Create(Peer qmp, string job, string options)
    {
        Assert.Equal(
            "{}",
            (await qmp.Call("blockdev-create", $$"""{"job-id": "{{job}}", "options": {{options}} }""")).ToJsonString()
        );
        await Vms.Journal.Until(fact => fact.Detail == $"create {job} done");
        await qmp.Call("job-dismiss", $$"""{"id": "{{job}}"}""");
    }

    private Task<Fact> Concluded(string job) => Vms.Journal.Until(
        fact => fact.Kind == "job" && fact.Detail.StartsWith($"backup {job} ", StringComparison.Ordinal));

    private static string Backup(int i) =>
        $$"""{"type": "blockdev-backup", "data": {{Data(i)}} }""";

    private static string Data(int i) =>
        $$"""{"job-id": "b{{i}}", "device": "disk{{i}}", "target": "t{{i}}", "sync": "full", "auto-dismiss": false}""";
}
