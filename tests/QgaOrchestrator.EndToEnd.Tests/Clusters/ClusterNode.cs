using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Databases;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>One host's qgad. Certificates, config, data, ledger, log and the sockets of its simulated VMs are in its
/// folder.</summary>
/// <param name="fleet">Its VMs; null: it has none.</param>
internal sealed class ClusterNode(ClusterLab lab, string folder, string address, string host, SimulatedFleet? fleet = null)
    : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private Process? _process;
    private bool _isService;

    /// <summary>qgad, of this version or another.</summary>
    public string Program { get; set; } = Programs.Node;

    /// <summary>What the node is started with.</summary>
    public IReadOnlyList<string> Enter { get; init; } = [];

    /// <summary>Further members of the section Freeze, each with a comma before it.</summary>
    public string Freeze { get; set; } = "";

    /// <summary>The consistency group of each of its VMs; null: it is in none.</summary>
    public Func<SimulatedVm, string?> GroupOf { get; set; } = _ => null;

    /// <summary>VMs of others are looked for in its folder, too: vms/NAME.</summary>
    public bool FindsVms { get; set; } = fleet is not null;

    /// <summary>The process that thaws for it when it ends.</summary>
    public int? Watchdog => WatchdogInstance.Holder(FreezeLedger.At(Path.Combine(folder, "ledger")));

    /// <summary>Of its process. The shell that begins it becomes it.</summary>
    public int Pid => _process!.Id;

    public string Folder => folder;

    public string Address => address;

    public string Host => host;

    public SimulatedFleet Fleet => fleet!;

    /// <summary>With the admin's token of this node.</summary>
    public QgaClient Client() =>
        new(Api(""), File.ReadAllText(Path.Combine(folder, "data", "admin.token")).Trim(), TimeProvider.System);

    /// <summary>The same, without a client's care.</summary>
    public HttpClient PlainClient()
    {
        var http = new HttpClient { BaseAddress = Api("") };
        http.DefaultRequestHeaders.Authorization =
            new("Bearer", File.ReadAllText(Path.Combine(folder, "data", "admin.token")).Trim());
        return http;
    }

    public string Log => File.ReadAllText(Path.Combine(folder, "log"));

    public Uri Peers(string path) => new($"https://{address}:{lab.Port + 1}{path}");

    private Uri Api(string path) => new($"http://{address}:{lab.Port + 2}{path}");

    public async Task StartAsync()
    {
        var config = Path.Combine(folder, "node.json");
        await File.WriteAllTextAsync(Path.Combine(folder, "fleet.json"), FleetFile());
        await File.WriteAllTextAsync(config, $$"""
            { "Node": { "Host": "{{host}}", "DataDirectory": "./data", "Api": "{{Api("").ToString().TrimEnd('/')}}" },
              "Fleet": { "File": "fleet.json", "Sources": [{{Source()}}] },
              "Freeze": { "Ledger": "./ledger"{{Freeze}} },
              "Store": { "Provider": "postgresql",
                         "ConnectionString": "Host={{lab.StoreAt}};Database=postgres;Username={{PostgresServer.User}}" },
              "Cluster": { "Hostname": "{{address}}", "Port": {{lab.Port}}, "ApiPort": {{lab.Port + 1}}, "Certificates": ".",
                           "Seeds": [{{lab.Seeds}}] } }
            """);
        string[] line = ["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", Path.Combine(folder, "log"), .. Enter];
        _process = new Process { StartInfo = new("/bin/sh", [.. line, Program, "--config", config]) };
        _process.EnableRaisingEvents = true;
        _process.Exited += (_, _) => StartAgain();
        _process.Start();
    }

    /// <summary>Starts, and is started again whenever it ends, as a service is.</summary>
    public Task StartServiceAsync()
    {
        _isService = true;
        return StartAsync();
    }

    private void StartAgain()
    {
        if (Volatile.Read(ref _isService)) _process!.Start();
    }

    private string FleetFile() => new JsonObject
    {
        ["Vms"] = new JsonArray([.. (fleet?.Vms ?? []).Where(vm => GroupOf(vm) is not null)
            .Select(vm => (JsonNode)new JsonObject { ["Name"] = vm.Name, ["Group"] = GroupOf(vm) })]),
    }.ToJsonString();

    private string Source() => !FindsVms ? "" : $$"""
        { "Kind": "sockets", "Agent": "{{folder}}/vms/{vm}/qga.sock", "Monitor": "{{folder}}/vms/{vm}/qmp.sock" }
        """;

    /// <summary>What readyz says of the cluster; null: it does not answer.</summary>
    public async Task<string?> ClusterAsync()
    {
        try
        {
            using var answer = await Http.GetAsync(Api("/readyz"));
            return (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())?["checks"]?["cluster"];
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    public Task<string> WaitForAsync(string cluster) => Poll.ForAsync($"\"{cluster}\" of {host}", Limit, async () =>
        await ClusterAsync() is { } now && now.Contains(cluster, StringComparison.Ordinal) ? now : null, () => Log);

    public Task WaitUntilUpAsync() => WaitForAsync("ok");

    /// <summary>Until it lists so many VMs, whose agents are all ready.</summary>
    public Task WaitForReadyAsync(int vms, TimeSpan? within = null) =>
        WaitForVmsAsync(vms, vm => vm.Agent.State == AgentStates.Ready, within);

    /// <summary>Until it lists so many VMs, all as wanted.</summary>
    public Task<IReadOnlyList<Vm>> WaitForVmsAsync(int count, Func<Vm, bool> wanted, TimeSpan? within = null) => Poll.ForAsync(
        $"all VMs at {host}", within ?? Limit, async () =>
        {
            using var client = Client();
            try
            {
                var vms = (await client.GetVmsAsync()).Items;
                return vms.Count == count && vms.All(wanted) ? vms : null;
            }
            catch (Exception e) when (e is NodeUnreachableException or ApiException { Status: HttpStatusCode.ServiceUnavailable })
            {
                return null;
            }
        },
        () => Log);

    /// <summary>The id of its cluster and its members' hosts, each with a ? that is not up and reachable; asked as a node
    /// asks.</summary>
    public async Task<(string? Id, string Hosts)> StateAsync(HttpClient peers)
    {
        var state = JsonNode.Parse(await peers.GetStringAsync(Peers("/v1/peer/state")))!;
        return ((string?)state["clusterId"], string.Join(' ', state["members"]!.AsArray().Select(Shown).Order()));

        static string Shown(JsonNode? member) =>
            $"{member!["host"]}{((bool)member["isUp"]! && (bool)member["isReachable"]! ? "" : "?")}";
    }

    public void Signal(int signal) => HostProcess.Signal(_process!.Id, signal);

    public async Task KillAsync()
    {
        Signal(HostProcess.SigKill);
        await EndAsync();
    }

    /// <summary>The exit code.</summary>
    public async Task<int> EndAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        await _process!.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _isService, false);
        if (_process is { HasExited: false }) await KillAsync();
        _process?.Dispose();
        if (fleet is not null) await fleet.DisposeAsync();
        if (Watchdog is { } watchdog)
            HostProcess.Signal(watchdog, HostProcess.SigKill);
    }
}
