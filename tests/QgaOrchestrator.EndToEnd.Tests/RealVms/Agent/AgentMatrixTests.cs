using System.Globalization;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Qemu.Agent.Sockets;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms.Agent;

/// <summary>
/// The agent's commands through the node's HTTP interface, in a real guest with qemu-ga 7.2: each by what it does in the
/// guest, and what this agent cannot by the refusal that is promised for it.
/// </summary>
[Collection(nameof(FullVm))]
public sealed class AgentMatrixTests(FullVm shared)
{
    [SkippableFact]
    public async Task Files_are_written_sought_flushed_read_and_closed()
    {
        var vm = await shared.ReadyAsync();
        var handle = (long)(await vm.CallAsync("guest-file-open", new JsonObject { ["path"] = "/tmp/matrix", ["mode"] = "w+" }))!;
        var written = await vm.CallAsync(
            "guest-file-write", new JsonObject { ["handle"] = handle, ["buf-b64"] = FullVm.Base64("hello\0world\n") });
        Assert.Equal(12, (long)written!["count"]!);
        Assert.Empty((await vm.CallAsync("guest-file-flush", new JsonObject { ["handle"] = handle }))!.AsObject());
        Assert.Equal("hello\0world\n", await vm.ShellAsync("cat /tmp/matrix"));

        foreach (JsonNode whence in (JsonNode[])[0, "set"])
        {
            var sought = await vm.CallAsync(
                "guest-file-seek", new JsonObject { ["handle"] = handle, ["offset"] = 6, ["whence"] = whence.DeepClone() });
            Assert.Equal(6, (long)sought!["position"]!);
            var read = await vm.CallAsync("guest-file-read", new JsonObject { ["handle"] = handle, ["count"] = 100 });
            Assert.Equal((6, "world\n", true), ((long)read!["count"]!, FullVm.Text(read["buf-b64"]), (bool)read["eof"]!));
        }

        Assert.Empty((await vm.CallAsync("guest-file-close", new JsonObject { ["handle"] = handle }))!.AsObject());
        Assert.Equal(
            $"handle '{handle}' has not been found",
            await vm.FailedAsync("guest-file-close", new JsonObject { ["handle"] = handle })
        );
    }

    [SkippableFact]
    public async Task A_process_runs_with_its_arguments_environment_and_input_and_its_end_is_told_once()
    {
        var vm = await shared.ReadyAsync();
        var ended = await vm.RunAsync(new JsonObject
        {
            ["path"] = "/bin/sh",
            ["arg"] = new JsonArray("-c", "cat; echo $A >&2; exit 3"),
            ["env"] = new JsonArray("A=1", "PATH=/bin"),
            ["input-data"] = FullVm.Base64("from stdin"),
            ["capture-output"] = true,
        });
        Assert.Equal(
            (3, "from stdin", "1\n"),
            ((int)ended["exitcode"]!, FullVm.Text(ended["out-data"]), FullVm.Text(ended["err-data"]))
        );
        Assert.Equal(
            9,
            (int)
                (await vm.RunAsync(new JsonObject { ["path"] = "/bin/sh", ["arg"] = new JsonArray("-c", "kill -9 $$") }))[
                    "signal"
                ]!
        );

        var problem = await vm.RefusedAsync(
            "guest-exec", new JsonObject { ["path"] = "/bin/true", ["capture-output"] = "merged" });
        Assert.Equal(400, problem.Status);
        Assert.Contains("since QEMU 8.0", problem.Detail, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_clock_is_set_and_set_back()
    {
        var vm = await shared.ReadyAsync();
        var before = (long)(await vm.CallAsync("guest-get-time"))!;
        Assert.Empty((await vm.CallAsync("guest-set-time", new JsonObject { ["time"] = 1_700_000_000_000_000_000 }))!.AsObject());
        Assert.StartsWith("17000000", await vm.ShellAsync("date +%s"), StringComparison.Ordinal);
        Assert.StartsWith(
            "2023-11-14",
            await vm.ShellAsync("hwclock -u -r | xargs -I{} date -u -d '{}' +%F 2>/dev/null || date -u +%F"),
            StringComparison.Ordinal
        );

        await vm.CallAsync("guest-set-time", new JsonObject { ["time"] = before });
        var after = (long)(await vm.CallAsync("guest-get-time"))!;
        Assert.InRange(after - before, 0, 60_000_000_000);
        Assert.Empty((await vm.CallAsync("guest-set-time"))!.AsObject()); // from the hardware clock, which has it too
        Assert.InRange((long)(await vm.CallAsync("guest-get-time"))! - before, -2_000_000_000, 120_000_000_000);
    }

    [SkippableFact]
    public async Task A_processor_is_taken_out_of_use_and_back()
    {
        var vm = await shared.ReadyAsync();
        Assert.Equal("0:True:False 1:True:True", await VcpusAsync());
        Assert.Equal(1, (long)(await SetAsync(1, false))!);
        Assert.Equal("0:True:False 1:False:True", await VcpusAsync());
        Assert.Equal("0\n", await vm.ShellAsync("cat /sys/devices/system/cpu/cpu1/online"));
        Assert.Equal(1, (long)(await SetAsync(1, true))!);
        Assert.Equal("1\n", await vm.ShellAsync("cat /sys/devices/system/cpu/cpu1/online"));
        Assert.Equal(0, (long)(await vm.CallAsync("guest-set-vcpus", new JsonObject { ["vcpus"] = new JsonArray() }))!);
        Assert.Equal("logical processor #0 can't be offlined", await vm.FailedAsync("guest-set-vcpus", Vcpu(0, false)));

        async Task<string> VcpusAsync() =>
            string.Join(
                ' ',
                (await vm.CallAsync("guest-get-vcpus"))!
                    .AsArray()
                    .Select(cpu => $"{cpu!["logical-id"]}:{(bool)cpu["online"]!}:{(bool)cpu["can-offline"]!}")
                    .Order(StringComparer.Ordinal)
            );
        Task<JsonNode?> SetAsync(int id, bool online) => vm.CallAsync("guest-set-vcpus", Vcpu(id, online));
        static JsonObject Vcpu(int id, bool online) =>
            new() { ["vcpus"] = new JsonArray(new JsonObject { ["logical-id"] = id, ["online"] = online }) };
    }

    [SkippableFact]
    public async Task Memory_blocks_are_told_with_their_size_and_what_became_of_setting_one()
    {
        var vm = await shared.ReadyAsync();
        var size = (long)(await vm.CallAsync("guest-get-memory-block-info"))!["size"]!;
        Assert.Equal(
            size,
            long.Parse(
                (await vm.ShellAsync("cat /sys/devices/system/memory/block_size_bytes")).Trim(),
                NumberStyles.HexNumber,
                CultureInfo.InvariantCulture
            )
        );
        var blocks = (await vm.CallAsync("guest-get-memory-blocks"))!.AsArray();
        Assert.Equal(384L * 1024 * 1024 / size, blocks.Count);
        Assert.All(blocks, block => Assert.True((bool)block!["online"]!));

        var results = (await vm.CallAsync("guest-set-memory-blocks", new JsonObject
        {
            ["mem-blks"] = new JsonArray(
                new JsonObject { ["phys-index"] = 0, ["online"] = true },
                new JsonObject { ["phys-index"] = 999_999, ["online"] = true }
            ),
        }
        )
        )!.AsArray();
        Assert.Equal(
            ["0 success", "999999 not-found"], results.Select(result => $"{result!["phys-index"]} {result["response"]}"));
    }

    [SkippableFact]
    public async Task A_password_is_set_in_clear_and_as_a_hash_and_shows_nowhere()
    {
        var vm = await shared.ReadyAsync();
        const string secret = "S3cret-of-alice!",
            hash = "$6$abcdefgh$" + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef012345";
        Assert.Empty((await vm.CallAsync("guest-set-user-password", Password("alice", secret, false)))!.AsObject());
        Assert.StartsWith("$6$", await ShadowAsync("alice"), StringComparison.Ordinal);
        Assert.Empty((await vm.CallAsync("guest-set-user-password", Password("root", hash, true)))!.AsObject());
        Assert.Equal(hash, await ShadowAsync("root"));
        // "child process has failed to set user password", and "forbidden characters in raw password".
        foreach (var refused in new[] { Password("bob", "x", false), Password("alice", "x\ny", false) })
            Assert.Equal(WithheldReply.Words, await vm.FailedAsync("guest-set-user-password", refused));

        // Nowhere in what the node keeps: log, journal, audit, ledger. (1: looked at everything, found nothing.)
        var found = await Tool.RunAsync(
            "grep", "-rlaF", "-e", secret, "-e", FullVm.Base64(secret), "-e", FullVm.Base64(hash), vm.Node.Folder);
        Assert.True(found.ExitCode == 1, found.Output + found.Error);
        Assert.Equal(0, (await Tool.RunAsync("grep", "-rqaF", "guest-set-user-password", vm.Node.Folder)).ExitCode);

        async Task<string> ShadowAsync(string user) => (await vm.ShellAsync($"grep ^{user}: /etc/shadow | cut -d: -f2")).Trim();
        static JsonObject Password(string user, string password, bool crypted) =>
            new() { ["username"] = user, ["password"] = FullVm.Base64(password), ["crypted"] = crypted };
    }

    [SkippableFact]
    public async Task Ssh_keys_are_added_shown_and_removed()
    {
        var vm = await shared.ReadyAsync();
        const string one = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB one@x", two = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC two@x";
        var reset = Keys(one, two);
        reset["reset"] = true;
        Assert.Empty((await vm.CallAsync("guest-ssh-add-authorized-keys", reset))!.AsObject());
        await vm.CallAsync("guest-ssh-add-authorized-keys", Keys(one));
        Assert.Equal([one, two], await KeysAsync());
        Assert.Equal("600 alice\n", await vm.ShellAsync("stat -c '%a %U' /home/alice/.ssh/authorized_keys"));
        Assert.Empty((await vm.CallAsync("guest-ssh-remove-authorized-keys", Keys(one)))!.AsObject());
        Assert.Equal([two], await KeysAsync());
        reset = Keys(one);
        reset["reset"] = true;
        await vm.CallAsync("guest-ssh-add-authorized-keys", reset);
        Assert.Equal([one], await KeysAsync());
        Assert.StartsWith(
            "failed to lookup user 'bob'",
            await vm.FailedAsync("guest-ssh-get-authorized-keys", new JsonObject { ["username"] = "bob" }),
            StringComparison.Ordinal
        );

        async Task<IEnumerable<string>> KeysAsync() =>
            (await vm.CallAsync("guest-ssh-get-authorized-keys", new JsonObject { ["username"] = "alice" }))!["keys"]!
                .AsArray()
                .Select(key => (string)key!)
                .Order(StringComparer.Ordinal);
        static JsonObject Keys(params string[] keys) =>
            new() { ["username"] = "alice", ["keys"] = new JsonArray([.. keys.Select(key => (JsonNode)key)]) };
    }

    [SkippableFact]
    public async Task File_systems_are_frozen_in_a_window_some_or_all_and_thawed()
    {
        var vm = await shared.ReadyAsync();
        Assert.Equal("thawed", (string?)await vm.CallAsync("guest-fsfreeze-status"));
        Assert.Equal(2, (long)(await vm.CallAsync("guest-fsfreeze-freeze"))!);
        Assert.Equal("frozen", (string?)await vm.CallAsync("guest-fsfreeze-status"));
        Assert.Equal((409, ProblemCodes.Frozen), Told(await vm.RefusedAsync("guest-get-users")));
        Assert.Equal((409, ProblemCodes.Frozen), Told(await vm.RefusedAsync("guest-fsfreeze-freeze")));
        Assert.Equal(2, (long)(await vm.CallAsync("guest-fsfreeze-thaw"))!);
        Assert.Equal("thawed", (string?)await vm.CallAsync("guest-fsfreeze-status"));

        Assert.Equal(
            1,
            (long)
                (await vm.CallAsync("guest-fsfreeze-freeze-list", new JsonObject { ["mountpoints"] = new JsonArray("/data2") }))!
        );
        Assert.Equal(1, (long)(await vm.CallAsync("guest-fsfreeze-thaw"))!);
        Assert.Equal(0, (long)(await vm.CallAsync("guest-fsfreeze-thaw"))!);
        Assert.Empty((await vm.CallAsync("guest-get-users"))!.AsArray());
    }

    [SkippableFact]
    public async Task Unused_blocks_are_given_back()
    {
        var vm = await shared.ReadyAsync();
        var trimmed = (await vm.CallAsync("guest-fstrim", new JsonObject { ["minimum"] = 0 }))!["paths"]!.AsArray();
        Assert.Equal(["/data", "/data2"], trimmed.Select(path => (string)path!["path"]!).Order(StringComparer.Ordinal));
        Assert.All(trimmed, path => Assert.True(path!["error"] is null && path["trimmed"] is not null, path.ToJsonString()));
    }

    [SkippableFact]
    public async Task The_guest_tells_of_its_disks_file_systems_and_network()
    {
        var vm = await shared.ReadyAsync();
        var data = Assert.Single((await vm.CallAsync("guest-get-fsinfo"))!.AsArray(), file =>
            (string?)file!["mountpoint"] == "/data"
        );
        Assert.Equal(
            ("ext4", "/dev/vda", "virtio"),
            ((string?)data!["type"], (string?)data["disk"]![0]!["dev"], (string?)data["disk"]![0]!["bus-type"])
        );
        Assert.Equal(
            ["/dev/vda", "/dev/vdb", "/dev/vdc"],
            (await vm.CallAsync("guest-get-disks"))!
                .AsArray()
                .Select(disk => (string)disk!["name"]!)
                .Order(StringComparer.Ordinal)
        );
        var counters = Assert.Single((await vm.CallAsync("guest-get-diskstats"))!.AsArray(), disk =>
            (string?)disk!["name"] == "vda"
        );
        Assert.True((ulong)counters!["stats"]!["write-ios"]! > 0);
        var lo = Assert.Single((await vm.CallAsync("guest-network-get-interfaces"))!.AsArray(), card =>
            (string?)card!["name"] == "lo"
        );
        Assert.Contains(lo!["ip-addresses"]!.AsArray(), address =>
            (string?)address!["ip-address"] == "127.0.0.1" && (long)address["prefix"]! == 8
        );
    }

    [SkippableFact]
    public async Task The_guest_tells_of_its_system_its_users_its_time_zone_and_its_processors()
    {
        var vm = await shared.ReadyAsync();
        Assert.Equal(FullVm.Name, (string?)(await vm.CallAsync("guest-get-host-name"))!["host-name"]);
        Assert.Equal("qga-demo", (string?)(await vm.CallAsync("guest-get-osinfo"))!["id"]);
        Assert.Equal(0, (long)(await vm.CallAsync("guest-get-timezone"))!["offset"]!);
        Assert.Empty((await vm.CallAsync("guest-get-users"))!.AsArray());
        var cpus = (await vm.CallAsync("guest-get-cpustats"))!.AsArray();
        Assert.Equal(["0 linux", "1 linux"], cpus.Select(cpu => $"{cpu!["cpu"]} {cpu["type"]}").Order(StringComparer.Ordinal));
    }

    [SkippableTheory]
    [InlineData("guest-network-get-route", "9.1")]
    [InlineData("guest-get-load", "10.0")]
    public async Task A_command_that_is_newer_than_the_agent_is_refused_with_its_first_version(string command, string since)
    {
        var vm = await shared.ReadyAsync();
        var problem = await vm.RefusedAsync(command);
        Assert.Equal((422, "CommandNotFound"), (problem.Status, problem.Agent!.Class));
        Assert.Contains($"came with QEMU {since}", problem.Detail, StringComparison.Ordinal);
        Assert.Contains("Update qemu-ga", problem.Remedy, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_command_for_another_system_is_refused_as_disabled()
    {
        var vm = await shared.ReadyAsync();
        var problem = await vm.RefusedAsync("guest-get-devices");
        Assert.Equal((409, ProblemCodes.CommandDisabled), Told(problem));
        Assert.Contains("not for its system", problem.Detail, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_command_line_calls_it_too_and_takes_a_secret_from_standard_input_only()
    {
        var vm = await shared.ReadyAsync();
        Assert.Equal(
            FullVm.Name, (string?)(await vm.Node.AskAsync("vm", "call", FullVm.Name, "guest-get-host-name"))["host-name"]);
        var wrong = await vm.Node.CtlAsync("vm", "call", FullVm.Name, "guest-file-read", """{"cuont":1}""");
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains(
            "cuont: guest-file-read has no such member; it takes handle, count",
            wrong.Error,
            StringComparison.Ordinal
        );
        Assert.Equal(
            2,
            (await vm.Node.CtlAsync("vm", "call", FullVm.Name, "guest-set-user-password", """{"password":"eA=="}""")).ExitCode
        );
        var awake = await vm.Node.CtlAsync("vm", "wake", FullVm.Name);
        Assert.Equal(1, awake.ExitCode);
        Assert.Contains("the guest is not suspended: QEMU says running", awake.Error, StringComparison.Ordinal);
    }

    private static (int, string) Told(Problem problem) => (problem.Status, problem.Code);
}
