using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms.Agent;

/// <summary>
/// One real VM, whose guest and machine can do all that its agent can, behind a node: shared by all tests of the agent, booted
/// by the first that asks for it.
/// </summary>
[CollectionDefinition(nameof(FullVm))]
public sealed class FullVm : IAsyncLifetime, ICollectionFixture<FullVm>
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-full-").FullName;
    private Task? _started;
    private RealVm? _vm;
    private NodeProcess? _node;
    private QgaClient? _client;

    public const string Name = "full";

    private RealVm Vm => _vm!;

    internal NodeProcess Node => _node!;

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Skips the test with the reason where this machine has no QEMU; in CI that is a failure.</summary>
    public async Task<FullVm> ReadyAsync()
    {
        if (LabHost.Missing is { } missing)
        {
            Skip.IfNot(LabHost.MustWork, missing);
            throw new LabException(missing);
        }
        await (_started ??= StartAsync());
        return this;
    }

    /// <summary>The value of "return".</summary>
    public async Task<JsonNode?> CallAsync(string command, JsonNode? arguments = null, TimeSpan? timeout = null) =>
        JsonNode.Parse((await AskAsync(command, arguments, timeout)).Return.GetRawText());

    public Task<AgentCallReply> AskAsync(string command, JsonNode? arguments = null, TimeSpan? timeout = null) =>
        _client!.AskAgentAsync(Name, command, Bytes(arguments), new AgentCallOptions(timeout));

    /// <summary>A body of these very bytes.</summary>
    public Task<AgentCallReply> SendAsync(string command, byte[] body) => _client!.AskAgentAsync(Name, command, body, new());

    /// <summary>The problem that is answered instead.</summary>
    public async Task<Problem> RefusedAsync(string command, JsonNode? arguments = null) =>
        (await Assert.ThrowsAsync<ApiException>(() => AskAsync(command, arguments))).Problem;

    /// <summary>The agent's own error.</summary>
    public async Task<string> FailedAsync(string command, JsonNode? arguments = null)
    {
        var problem = await RefusedAsync(command, arguments);
        Assert.True(problem.Agent is not null, $"{command}: {problem.Status} {problem.Code}: {problem.Detail}");
        Assert.Equal((422, ProblemCodes.AgentError, "GenericError"), (problem.Status, problem.Code, problem.Agent.Class));
        return problem.Agent.Desc;
    }

    /// <summary>Runs a shell line in the guest through the node, to its end.</summary>
    public async Task<string> ShellAsync(string line, TimeSpan? timeout = null)
    {
        var ended = await RunAsync(
            new JsonObject { ["path"] = "/bin/sh", ["arg"] = new JsonArray("-c", line), ["capture-output"] = true }, timeout);
        Assert.True((int?)ended["exitcode"] == 0, $"{line}: {ended.ToJsonString()}");
        return Text(ended["out-data"]);
    }

    /// <summary>Starts a process and gives its last status.</summary>
    public async Task<JsonNode> RunAsync(JsonNode process, TimeSpan? timeout = null) =>
        await EndAsync((long)(await CallAsync("guest-exec", process, timeout))!["pid"]!, timeout);

    /// <summary>A process's last status, which the agent reports once.</summary>
    public Task<JsonNode> EndAsync(long pid, TimeSpan? timeout = null) =>
        Poll.ForAsync($"end of process {pid}", Guests.Limit, async () =>
            await CallAsync("guest-exec-status", new JsonObject { ["pid"] = pid }, timeout) is { } status
            && (bool)status["exited"]!
                ? status
                : null
        );

    public static string Text(JsonNode? base64) => Encoding.UTF8.GetString(Convert.FromBase64String((string?)base64 ?? ""));

    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>Wakes it once QEMU says that it sleeps.</summary>
    public async Task WakeAsync()
    {
        await Poll.ForAsync("suspended guest", Guests.Limit, async () =>
            (await _client!.GetVmAsync(Name)).Monitor?.State == "suspended" ? "asleep" : null
        );
        await _client!.WakeAsync(Name);
        await AnswersAsync();
    }

    /// <summary>Boots it again, after its QEMU has ended.</summary>
    public async Task BootAgainAsync()
    {
        await Poll.UntilAsync("end of QEMU", Guests.Limit, () => Vm.Pid is null);
        await Vm.LaunchAsync();
        await AnswersAsync();
    }

    /// <summary>Boots it from other disks, as after a restore.</summary>
    public async Task BootFromAsync(IReadOnlyList<string> images)
    {
        await Vm.StopAsync(crash: true);
        foreach (var (disk, image) in images.Index()) File.Copy(image, Vm.Disk(disk), overwrite: true);
        await BootAgainAsync();
    }

    /// <summary>QEMU ends as after a power cut.</summary>
    public Task CrashAsync() => Vm.StopAsync(crash: true);

    public bool Runs => Vm.Pid is not null;

    /// <summary>Its agent answers, and the node speaks to its monitor: of a QEMU that has just begun either may be
    /// first.</summary>
    public Task AnswersAsync() => Poll.ForAsync("agent and monitor", Guests.Limit * 2, async () =>
    {
        try
        {
            await CallAsync("guest-ping");
            return (await _client!.GetVmAsync(Name)).Monitor is { State: "running", Reason: null } monitor ? monitor : null;
        }
        catch (ApiException)
        {
            return null;
        }
    });

    /// <summary>Starts a new agent, with these additional options.</summary>
    public async Task RestartAgentAsync(string options)
    {
        await ShellAsync($"echo '{options}' >/run/qga-options");
        var old = (await ShellAsync("pidof qemu-ga")).Trim();
        // It is the agent's own child that ends it, once its reply is out.
        await CallAsync(
            "guest-exec", new JsonObject { ["path"] = "/bin/sh", ["arg"] = new JsonArray("-c", $"sleep 0.3; kill {old}") });
        await Poll.ForAsync("the new agent", Guests.Limit, async () =>
        {
            try
            {
                // Not for long: what goes out while there is no agent is answered by none.
                return (await ShellAsync("pidof qemu-ga", TimeSpan.FromSeconds(1))).Trim() is var now && now != old ? now : null;
            }
            catch (ApiException)
            {
                return null;
            }
        });
    }

    /// <summary>Does something while the guest's agent starts no process and touches no file.</summary>
    public async Task WithoutExecAsync(Func<Task> act)
    {
        // Nobody gets in to end it but by a command that is left: root's entry says so. It writes down what alice's was.
        await CallAsync("guest-exec", new JsonObject
        {
            ["path"] = "/bin/sh",
            ["arg"] = new JsonArray(
                "-c",
                """
                : >/run/entries; last=; again() { sleep 0.5; kill $(pidof qemu-ga); }
                echo '-b guest-exec,guest-file-open,guest-file-read,guest-file-write' >/run/qga-options; again
                until grep -q '^root:!over' /etc/shadow; do
                  now=$(grep '^alice:' /etc/shadow | cut -d : -f 2)
                  [ "$now" = "$last" ] || echo "$now" >>/run/entries
                  last=$now; sleep 0.1
                done
                rm /run/qga-options; again
                """),
        });
        try
        {
            await UntilExecAsync(isAllowed: false);
            await act();
        }
        finally
        {
            await CallAsync(
                "guest-set-user-password",
                new JsonObject { ["username"] = "root", ["password"] = Base64("!over"), ["crypted"] = true });
            await UntilExecAsync(isAllowed: true);
        }
        await ShellAsync("sed -i 's|^root:[^:]*|root:*|' /etc/shadow");
    }

    /// <summary>What alice's entry was since then, the first one first.</summary>
    public async Task<IReadOnlyList<string>> EntriesAsync() =>
        (await ShellAsync("cat /run/entries")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private Task<string> UntilExecAsync(bool isAllowed) => Poll.ForAsync("the new agent", Guests.Limit, async () =>
    {
        try
        {
            await CallAsync("guest-exec", new JsonObject { ["path"] = "/bin/true" }, TimeSpan.FromSeconds(1));
            return isAllowed ? "started" : null;
        }
        catch (ApiException e)
        {
            return !isAllowed && e.Problem.Code == ProblemCodes.CommandDisabled ? "refused" : null;
        }
    });

    public async Task DisposeAsync()
    {
        if (_node is not null) await _node.DisposeAsync();
        if (_vm is not null) await _vm.DisposeAsync();
        if (Environment.GetEnvironmentVariable("QGA_LAB_KEEP") != "1") Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync()
    {
        var guest = await Guest.EnsureFullAsync();
        var vms = Path.Combine(_folder, "vms");
        _vm = await RealVm.CreateAsync(
            guest,
            await Accelerator.ForAsync(guest),
            Path.Combine(vms, Name),
            Name,
            shape: new VmShape(Megabytes: 384, Processors: 2, Reboots: true, Swap: 128, Pause: 1)
        );
        await _vm.BootAsync();
        _node = await NodeProcess.StartAsync(Path.Combine(_folder, "node"), vms);
        await _node.WaitForVmsAsync(1);
        _client = _node.Client();
    }

    private static byte[] Bytes(JsonNode? arguments) => arguments is null ? [] : JsonSerializer.SerializeToUtf8Bytes(arguments);
}
