using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms.Agent;

/// <summary>
/// Every command that we list, to a real qemu-ga 7.2 in a Linux guest by both ways, HTTP and qgactl vm call: they say the
/// same. The cases are the list itself, so a command that joins it fails here until it has a row.
/// </summary>
[Collection(nameof(FullVm))]
public sealed class EveryCommandTests(FullVm shared)
{
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE every@x";

    /// <param name="Says">What its answer is like, a regular expression: the JSON of its return, or how it was refused.</param>
    /// <param name="With">Its arguments, each time anew: some need a handle or a process of their own.</param>
    /// <param name="After">Puts the guest back.</param>
    private sealed record Row(string Says, Func<FullVm, Task<JsonObject?>> With, Func<FullVm, Task> After);

    private static readonly Dictionary<string, Row> _rows = new()
    {
        ["guest-sync"] = Says("^7$", new JsonObject { ["id"] = 7 }),
        ["guest-sync-delimited"] = Says("^8$", new JsonObject { ["id"] = 8 }),
        ["guest-ping"] = Says("^{}$"),
        ["guest-info"] = Says("\"version\":\"7\\.2"),

        ["guest-get-time"] = Says("^[0-9]{19}$"),
        ["guest-set-time"] = Says("^{}$"), // from the hardware clock

        // Those that the guest obeys are DepartureTests'.
        ["guest-shutdown"] = Says("^422 agent-error: .*mode is invalid", new JsonObject { ["mode"] = "sleep" }),
        ["guest-suspend-disk"] = Says("^422 agent-error: ."),
        ["guest-suspend-ram"] = Says("^{}$", after: vm => vm.WakeAsync()),
        ["guest-suspend-hybrid"] = Says("^422 agent-error: ."),

        ["guest-file-open"] = Says("^[0-9]+$", new JsonObject { ["path"] = "/tmp/every", ["mode"] = "w+" }),
        ["guest-file-close"] = Says("^{}$", OpenAsync),
        ["guest-file-read"] = Says("\"count\":0,.*\"eof\":true|\"eof\":true.*\"count\":0", OpenAsync),
        ["guest-file-write"] = Says("\"count\":2", async vm => With(await OpenAsync(vm), "buf-b64", FullVm.Base64("hi"))),
        ["guest-file-seek"] = Says("\"position\":3", async vm => With(With(await OpenAsync(vm), "offset", 3), "whence", 0)),
        ["guest-file-flush"] = Says("^{}$", OpenAsync),

        ["guest-fsfreeze-status"] = Says("^\"thawed\"$"),
        ["guest-fsfreeze-freeze"] = Says("^2$", after: ThawAsync),
        ["guest-fsfreeze-freeze-list"] = Says("^1$", new JsonObject { ["mountpoints"] = new JsonArray("/data2") }, ThawAsync),
        ["guest-fsfreeze-thaw"] = Says("^2$", FreezeAsync),
        ["guest-fstrim"] = Says("\"path\":\"/data2\""),
        ["guest-get-fsinfo"] = Says("\"mountpoint\":\"/data2\""),
        ["guest-get-disks"] = Says("\"name\":\"/dev/vdb\""),
        ["guest-get-diskstats"] = Says("\"name\":\"vdb\""),

        ["guest-network-get-interfaces"] = Says("\"name\":\"lo\""),
        ["guest-network-get-route"] = Says("^422 agent-error: .*came with QEMU 9\\.1"),
        ["guest-get-host-name"] = Says("^{\"host-name\":\"full\"}$"),
        ["guest-get-osinfo"] = Says("\"id\":\"qga-demo\""),
        ["guest-get-users"] = Says("^\\[\\]$"),
        ["guest-get-timezone"] = Says("\"offset\":0"),
        ["guest-get-devices"] = Says("^409 command-disabled: .*not for its system"),
        ["guest-get-load"] = Says("^422 agent-error: .*came with QEMU 10\\.0"),
        ["guest-get-cpustats"] = Says("\"type\":\"linux\""),

        ["guest-get-vcpus"] = Says("\"logical-id\":1"),
        ["guest-set-vcpus"] = Says(
            "^1$", new JsonObject { ["vcpus"] = new JsonArray(new JsonObject { ["logical-id"] = 1, ["online"] = true }) }),
        ["guest-get-memory-blocks"] = Says("\"phys-index\":0"),
        ["guest-set-memory-blocks"] = Says(
            "\"response\":\"success\"",
            new JsonObject { ["mem-blks"] = new JsonArray(new JsonObject { ["phys-index"] = 0, ["online"] = true }) }
        ),
        ["guest-get-memory-block-info"] = Says("^{\"size\":[0-9]+}$"),

        ["guest-set-user-password"] = Says(
            "^{}$",
            new JsonObject
            {
                ["username"] = "alice",
                ["password"] = FullVm.Base64("Every-command-1!"),
                ["crypted"] = false,
            }
        ),
        ["guest-ssh-get-authorized-keys"] = Says("every@x", async vm =>
        {
            await vm.CallAsync("guest-ssh-add-authorized-keys", Keys());
            return new() { ["username"] = "alice" };
        }),
        ["guest-ssh-add-authorized-keys"] = Says("^{}$", Keys()),
        ["guest-ssh-remove-authorized-keys"] = Says("^{}$", Keys()),

        ["guest-exec"] = Says("^{\"pid\":[0-9]+}$", new JsonObject { ["path"] = "/bin/true" }),
        ["guest-exec-status"] = Says("^{\"exited\":false}$", async vm =>
            (
                await vm.CallAsync("guest-exec", new JsonObject { ["path"] = "/bin/sleep", ["arg"] = new JsonArray("60") })
            )!.AsObject()
        ),
    };

    public static TheoryData<string> Listed => [.. AgentCommands.All.Select(command => command.Name)];

    [Fact]
    public void No_listed_command_is_left_out() =>
        Assert.Equal(
            AgentCommands.All.Select(command => command.Name).Order(StringComparer.Ordinal),
            _rows.Keys.Order(StringComparer.Ordinal)
        );

    [SkippableFact]
    public async Task No_command_that_this_agent_offers_is_unlisted()
    {
        var info = await (await shared.ReadyAsync()).CallAsync("guest-info");
        Assert.Empty(info!["supported_commands"]!.AsArray().Select(command => (string)command!["name"]!).Except(_rows.Keys));
    }

    [SkippableTheory]
    [MemberData(nameof(Listed))]
    public async Task A_listed_command_says_the_same_over_HTTP_and_by_qgactl_vm_call(string command)
    {
        var vm = await shared.ReadyAsync();
        var row = _rows[command];
        var byHttp = await OverHttpAsync(vm, command, await row.With(vm));
        await row.After(vm);
        var byCtl = await ByCtlAsync(vm, command, await row.With(vm));
        await row.After(vm);

        if (byHttp is { Return: { } one } && byCtl is { Return: { } other })
        {
            Assert.Matches(row.Says, one.ToJsonString());
            Assert.Matches(row.Says, other.ToJsonString());
            Assert.Equal(Shape(one), Shape(other));
        }
        else
        {
            var problem = byHttp.Refusal;
            Assert.NotNull(problem);
            Assert.Matches(row.Says, $"{problem.Status} {problem.Code}: {problem.Detail}");
            Assert.Contains(problem.Detail!, byCtl.Told, StringComparison.Ordinal);
            if (problem.Remedy is { } remedy) Assert.Contains(remedy, byCtl.Told, StringComparison.Ordinal);
        }
    }

    private sealed record Answer(JsonNode? Return, Problem? Refusal = null, string? Told = null);

    private static async Task<Answer> OverHttpAsync(FullVm vm, string command, JsonObject? arguments)
    {
        try
        {
            return new(await vm.CallAsync(command, arguments));
        }
        catch (ApiException e)
        {
            return new(null, e.Problem);
        }
    }

    /// <summary>By standard input, where secrets are taken too.</summary>
    private static async Task<Answer> ByCtlAsync(FullVm vm, string command, JsonObject? arguments)
    {
        var ended = await vm.Node.CtlReadingAsync(arguments?.ToJsonString() ?? "", "vm", "call", FullVm.Name, command, "-");
        Assert.True(ended.ExitCode is 0 or 1, ended.Error);
        return ended.ExitCode == 0 ? new(JsonNode.Parse(ended.Output)) : new(null, Told: ended.Error);
    }

    /// <summary>The kinds of its values and the names of its members, without how many and which.</summary>
    private static string Shape(JsonNode node) => node switch
    {
        JsonArray rows => $"[{string.Join('|', rows.Select(row => Shape(row!)).Distinct().Order(StringComparer.Ordinal))}]",
        JsonObject members => $"{{{string.Join(',', members.Select(Member).Order(StringComparer.Ordinal))}}}",
        _ => node.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False
                ? "bool"
                : $"{node.GetValueKind()}",
    };

    private static string Member(KeyValuePair<string, JsonNode?> member) => $"{member.Key}:{Shape(member.Value!)}";

    private static Row Says(string says, JsonObject? with = null, Func<FullVm, Task>? after = null) =>
        Says(says, _ => Task.FromResult(with), after);

    private static Row Says(string says, Func<FullVm, Task<JsonObject?>> with, Func<FullVm, Task>? after = null) =>
        new(says, with, after ?? (_ => Task.CompletedTask));

    private static async Task<JsonObject?> OpenAsync(FullVm vm) =>
        new() { ["handle"] = await vm.CallAsync("guest-file-open", new JsonObject { ["path"] = "/tmp/every", ["mode"] = "w+" }) };

    private static JsonObject? With(JsonObject? arguments, string member, JsonNode value)
    {
        arguments![member] = value;
        return arguments;
    }

    private static JsonObject Keys() => new() { ["username"] = "alice", ["keys"] = new JsonArray(Key) };

    private static async Task<JsonObject?> FreezeAsync(FullVm vm)
    {
        await vm.CallAsync("guest-fsfreeze-freeze");
        return null;
    }

    private static Task ThawAsync(FullVm vm) => vm.CallAsync("guest-fsfreeze-thaw");
}
