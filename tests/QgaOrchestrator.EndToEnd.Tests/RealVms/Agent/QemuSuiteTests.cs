using System.Text.Json.Nodes;
using QgaOrchestrator.Api;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms.Agent;

/// <summary>
/// The cases of QEMU's own tests/unit/test-qga.c, which speaks to an agent at its socket, here through the node and with an
/// agent in a guest. /qga/id and /qga/invalid-oob are about members next to "execute", which HTTP has no place for.
/// </summary>
[Collection(nameof(FullVm))]
public sealed class QemuSuiteTests(FullVm shared)
{
    [SkippableTheory]
    [InlineData("guest-sync")]
    [InlineData("guest-sync-delimited")]
    public async Task Sync(string command)
    {
        var vm = await shared.ReadyAsync();
        foreach (var id in (long[])[0, 1, 4711, long.MinValue, long.MaxValue])
            Assert.Equal(id, (long)(await vm.CallAsync(command, new JsonObject { ["id"] = id }))!);
    }

    [SkippableFact]
    public async Task Ping() => Assert.Empty((await (await shared.ReadyAsync()).CallAsync("guest-ping"))!.AsObject());

    [SkippableFact]
    public async Task Info()
    {
        var info = await (await shared.ReadyAsync()).CallAsync("guest-info");
        Assert.StartsWith("7.2", (string)info!["version"]!, StringComparison.Ordinal);
        Assert.Equal(42, info["supported_commands"]!.AsArray().Count);
    }

    [SkippableFact]
    public async Task Invalid_cmd()
    {
        var problem = await (await shared.ReadyAsync()).RefusedAsync("guest-invalid-cmd");
        Assert.Equal((422, "CommandNotFound"), (problem.Status, problem.Agent!.Class));
        Assert.NotNull(problem.Remedy);
    }

    [SkippableFact]
    public async Task Invalid_args()
    {
        var vm = await shared.ReadyAsync();
        var problem = await vm.RefusedAsync("guest-ping", new JsonObject { ["foo"] = 42 });
        Assert.Equal((400, ProblemCodes.BadRequest), (problem.Status, problem.Code));
        Assert.Equal("guest-ping has no such member; it takes none", problem.Errors!["foo"].Single());
    }

    [SkippableFact]
    public async Task Fail_on_invalid()
    {
        var vm = await shared.ReadyAsync();
        var problem = await vm.RefusedAsync("guest-file-open", new JsonObject { ["path"] = null });
        Assert.Equal(400, problem.Status);
        Assert.StartsWith("given null", problem.Errors!["path"].Single(), StringComparison.Ordinal);
        Assert.NotNull(await vm.CallAsync("guest-ping"));
    }

    [SkippableFact]
    public async Task Network_get_interfaces()
    {
        var cards = (await (await shared.ReadyAsync()).CallAsync("guest-network-get-interfaces"))!.AsArray();
        Assert.All(cards, card => Assert.NotNull(card!["name"]));
    }

    [SkippableTheory]
    [InlineData("guest-get-vcpus", "online", "logical-id")]
    [InlineData("guest-get-memory-blocks", "online", "phys-index")]
    [InlineData("guest-get-fsinfo", "name", "mountpoint", "type", "disk")]
    public async Task Lists_that_have_members(string command, params string[] members)
    {
        var rows = (await (await shared.ReadyAsync()).CallAsync(command))!.AsArray();
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.All(members, member => Assert.NotNull(row![member])));
    }

    [SkippableFact]
    public async Task Get_memory_block_info() =>
        Assert.True((long)(await (await shared.ReadyAsync()).CallAsync("guest-get-memory-block-info"))!["size"]! > 0);

    [SkippableFact]
    public async Task File_ops()
    {
        var vm = await shared.ReadyAsync();
        const string text = "hello world!\n";
        await vm.FailedAsync("guest-file-open", new JsonObject { ["path"] = "/no/such/file", ["mode"] = "r" });
        var handle = await OpenAsync("w+");
        await vm.CallAsync("guest-file-write", new JsonObject { ["handle"] = handle, ["buf-b64"] = FullVm.Base64(text) });
        await vm.CallAsync("guest-file-flush", new JsonObject { ["handle"] = handle });
        await vm.CallAsync("guest-file-close", new JsonObject { ["handle"] = handle });
        Assert.Equal(text, await vm.ShellAsync("cat /tmp/suite"));

        handle = await OpenAsync("r");
        Assert.Equal((text.Length, true, text), await ReadAsync());
        Assert.Equal((0, true, ""), await ReadAsync());
        Assert.Equal((6, false), await SeekAsync(6, 0));
        Assert.Equal((text.Length - 6, true, "world!\n"), await ReadAsync());
        Assert.Equal((text.Length, false), await SeekAsync(0, 2));
        Assert.Equal((0, true, ""), await ReadAsync());
        await vm.CallAsync("guest-file-close", new JsonObject { ["handle"] = handle });

        async Task<long> OpenAsync(string mode) =>
            (long)(await vm.CallAsync("guest-file-open", new JsonObject { ["path"] = "/tmp/suite", ["mode"] = mode }))!;
        async Task<(long, bool, string)> ReadAsync()
        {
            var read = await vm.CallAsync("guest-file-read", new JsonObject { ["handle"] = handle });
            return ((long)read!["count"]!, (bool)read["eof"]!, FullVm.Text(read["buf-b64"]));
        }
        async Task<(long, bool)> SeekAsync(long offset, int whence)
        {
            var sought = await vm.CallAsync(
                "guest-file-seek", new JsonObject { ["handle"] = handle, ["offset"] = offset, ["whence"] = whence });
            return ((long)sought!["position"]!, (bool)sought["eof"]!);
        }
    }

    [SkippableFact]
    public async Task File_write_read()
    {
        var vm = await shared.ReadyAsync();
        var handle = (long)(
            await vm.CallAsync("guest-file-open", new JsonObject { ["path"] = "/tmp/suite-rw", ["mode"] = "w+" }))!;
        await vm.CallAsync(
            "guest-file-write", new JsonObject { ["handle"] = handle, ["buf-b64"] = FullVm.Base64("hello world!\n") });
        var atEnd = await vm.CallAsync("guest-file-read", new JsonObject { ["handle"] = handle });
        Assert.Equal((0, true), ((long)atEnd!["count"]!, (bool)atEnd["eof"]!));
        await vm.CallAsync("guest-file-seek", new JsonObject { ["handle"] = handle, ["offset"] = 0, ["whence"] = "set" });
        var read = await vm.CallAsync("guest-file-read", new JsonObject { ["handle"] = handle });
        Assert.Equal("hello world!\n", FullVm.Text(read!["buf-b64"]));
        await vm.CallAsync("guest-file-close", new JsonObject { ["handle"] = handle });
    }

    [SkippableFact]
    public async Task Get_and_set_time()
    {
        var vm = await shared.ReadyAsync();
        var before = (long)(await vm.CallAsync("guest-get-time"))!;
        Assert.True(before > 0);
        await vm.CallAsync("guest-set-time", new JsonObject { ["time"] = before + 10_000_000_000 });
        Assert.True((long)(await vm.CallAsync("guest-get-time"))! >= before + 10_000_000_000);
        Assert.NotEmpty(await vm.FailedAsync("guest-set-time", new JsonObject { ["time"] = long.MaxValue }));
    }

    [SkippableFact]
    public async Task Fsfreeze_status_freeze_and_thaw()
    {
        var vm = await shared.ReadyAsync();
        Assert.Equal("thawed", (string?)await vm.CallAsync("guest-fsfreeze-status"));
        Assert.True((long)(await vm.CallAsync("guest-fsfreeze-freeze"))! > 0);
        Assert.Equal("frozen", (string?)await vm.CallAsync("guest-fsfreeze-status"));
        Assert.True((long)(await vm.CallAsync("guest-fsfreeze-thaw"))! > 0);
    }

    [SkippableFact]
    public async Task Blockedrpcs()
    {
        var vm = await shared.ReadyAsync();
        await vm.RestartAgentAsync("-b guest-get-time,guest-get-users");
        foreach (var command in (string[])["guest-get-time", "guest-get-users"])
        {
            var problem = await vm.RefusedAsync(command);
            Assert.Equal((409, ProblemCodes.CommandDisabled), (problem.Status, problem.Code));
        }
        Assert.NotNull(await vm.CallAsync("guest-get-host-name"));

        await vm.RestartAgentAsync("");
        Assert.NotNull(await vm.CallAsync("guest-get-time"));
    }

    [SkippableFact]
    public async Task Config()
    {
        var dumped = await (await shared.ReadyAsync()).ShellAsync("/usr/sbin/qemu-ga -D -b guest-ping");
        Assert.Contains("[general]", dumped, StringComparison.Ordinal);
        Assert.Contains("guest-ping", dumped, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("/bin/true", 0)]
    [InlineData("/bin/false", 1)]
    public async Task Guest_exec(string path, int code)
    {
        var vm = await shared.ReadyAsync();
        Assert.Equal(code, (int)(await vm.RunAsync(new JsonObject { ["path"] = path, ["capture-output"] = true }))["exitcode"]!);
    }

    [SkippableFact]
    public async Task Guest_exec_separated_and_invalid()
    {
        var vm = await shared.ReadyAsync();
        var ended = await vm.RunAsync(
            new JsonObject
            {
                ["path"] = "/bin/sh",
                ["arg"] = new JsonArray("-c", "echo out; echo err >&2"),
                ["capture-output"] = true,
            }
        );
        Assert.Equal(("out\n", "err\n"), (FullVm.Text(ended["out-data"]), FullVm.Text(ended["err-data"])));
        Assert.Contains(
            "/bin/invalid-cmd42",
            await vm.FailedAsync("guest-exec", new JsonObject { ["path"] = "/bin/invalid-cmd42" }),
            StringComparison.Ordinal
        );
        Assert.Equal("Invalid parameter 'pid'", await vm.FailedAsync("guest-exec-status", new JsonObject { ["pid"] = 0 }));
    }

    [SkippableFact]
    public async Task Host_name_osinfo_timezone_and_users()
    {
        var vm = await shared.ReadyAsync();
        Assert.Equal(
            (await vm.ShellAsync("hostname")).Trim(), (string?)(await vm.CallAsync("guest-get-host-name"))!["host-name"]);
        var os = await vm.CallAsync("guest-get-osinfo");
        Assert.Equal("1", (string?)os!["version-id"]);
        Assert.Equal((await vm.ShellAsync("uname -r")).Trim(), (string?)os["kernel-release"]);
        Assert.Equal(0, (long)(await vm.CallAsync("guest-get-timezone"))!["offset"]!);
        Assert.Empty((await vm.CallAsync("guest-get-users"))!.AsArray());
    }
}
