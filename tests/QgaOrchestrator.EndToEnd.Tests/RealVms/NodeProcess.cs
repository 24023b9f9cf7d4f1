using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>A node as its users run it: qgad as a process of its own, used through qgactl and the client.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly HttpClient Http = new();

    private readonly string _folder;
    private readonly string _api;
    private readonly string[] _settings;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private Process? _node;

    /// <summary>What it is put behind to run elsewhere, as in another mount namespace.</summary>
    private IReadOnlyList<string> _within = [];

    private NodeProcess(string folder, string api, string[] settings, IReadOnlyDictionary<string, string>? environment) =>
        (_folder, _api, _settings, _environment) = (folder, api, settings, environment ?? new Dictionary<string, string>());

    public int Pid => _node!.Id;

    public Uri Api => new(_api);

    public string AdminToken => File.ReadAllText(Path.Combine(Data, "admin.token")).Trim();

    public bool HasEnded => _node!.HasExited;

    /// <summary>The process that watches its ledger, null while there is none.</summary>
    public int? Watchdog =>
        WatchdogInstance.Holder(FreezeLedger.At(Ledger)) is { } pid && HostProcess.IsAlive(pid, Ledger) ? pid : null;

    /// <summary>Everything of it: config, data, ledger and log.</summary>
    public string Folder => _folder;

    public string Data => Path.Combine(_folder, "data");

    public string Ledger => Path.Combine(_folder, "ledger");

    /// <summary>The node of the VMs in <paramref name="vms"/>; everything of it is in <paramref name="folder"/>.</summary>
    /// <param name="folder">Config, data, ledger and log.</param>
    /// <param name="vms">Holds a folder for each VM, with its sockets.</param>
    /// <param name="settings">Further options, such as --Freeze:Lease=00:00:02.</param>
    public static Task<NodeProcess> StartAsync(string folder, string vms, params string[] settings) =>
        StartAsync(folder, vms, settings, null);

    /// <summary>The same, its environment and so its watchdog's added to, and with another source, or several, where they are
    /// given.</summary>
    public static async Task<NodeProcess> StartAsync(
        string folder, string vms, string[] settings, IReadOnlyDictionary<string, string>? environment,
        object? source = null, IReadOnlyList<string>? within = null)
    {
        Directory.CreateDirectory(folder);
        var node = new NodeProcess(folder, $"http://127.0.0.1:{FreePort()}", settings, environment)
        {
            _within = within ?? [],
        };
        await File.WriteAllTextAsync(node.Config, JsonSerializer.Serialize(new
        {
            Node = new
            {
                Host = "e2e",
                DataDirectory = "./data",
                Api = node._api,
            },
            Fleet = new
            {
                Sources = source as object[] ??
                [
                    source ?? new
                    {
                        Kind = "sockets",
                        Hold = "exclusive",
                        Agent = vms + "/{vm}/qga.sock",
                        Monitor = vms + "/{vm}/qmp.sock",
                    },
                ],
            },
            Freeze = new { Ledger = "./ledger" },
        }));
        await node.StartAgainAsync();
        return node;
    }

    /// <summary>Starts qgad, for the first time or after it was killed, until it is ready.</summary>
    public async Task StartAgainAsync()
    {
        var log = Path.Combine(_folder, "qgad.log");
        _node = Process.Start(
            "/bin/sh",
            [
                "-c",
                "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1",
                "sh",
                log,
                .. _within,
                "env",
                .. _environment.Select(variable => $"{variable.Key}={variable.Value}"),
                Programs.Node,
                "--config",
                Config,
                .. _settings,
            ]
        );
        await Poll.ForAsync("ready node", Limit, async () =>
        {
            if (_node.HasExited)
                throw new LabException($"qgad ended with {_node.ExitCode}: {await File.ReadAllTextAsync(log)}");
            try
            {
                using var answer = await Http.GetAsync(new Uri($"{_api}/readyz"));
                return answer.IsSuccessStatusCode ? "ready" : null;
            }
            catch (HttpRequestException)
            {
                return null;
            }
        });
    }

    /// <summary>Waits until the agents of that many VMs are ready.</summary>
    public async Task WaitForVmsAsync(int count)
    {
        using var client = Client();
        await Poll.ForAsync($"{count} ready VMs", Limit, async () =>
        {
            var ready = 0;
            await foreach (var vm in client.ListVmsAsync())
                ready += vm.Agent.State == AgentStates.Ready ? 1 : 0;
            return ready == count ? "ready" : null;
        });
    }

    /// <summary>What qgactl answers with -o json; it must end with 0.</summary>
    public async Task<JsonNode> AskAsync(params IEnumerable<string> arguments) =>
        JsonNode.Parse(await Tool.MustAsync(Programs.Ctl, ["--config", Config, .. arguments, "-o", "json"]))!;

    public Task<ToolResult> CtlAsync(params IEnumerable<string> arguments) =>
        Tool.RunAsync(Programs.Ctl, ["--config", Config, .. arguments]);

    /// <summary>qgactl with something on its standard input.</summary>
    public Task<ToolResult> CtlReadingAsync(string input, params IEnumerable<string> arguments) =>
        Tool.RunAsync(Programs.Ctl, ["--config", Config, .. arguments], input);

    /// <summary>The typed client of its API, as admin.</summary>
    public QgaClient Client() =>
        new(Api, AdminToken, TimeProvider.System);

    /// <summary>The same, with another token.</summary>
    public QgaClient Client(string token) => new(new Uri(_api), token, TimeProvider.System);

    /// <summary>What a stranger is answered.</summary>
    public Task<HttpResponseMessage> GetAsync(string path) => Http.GetAsync(new Uri(_api + path));

    /// <summary>Starts a backup of all VMs and returns the run's id at once.</summary>
    public async Task<string> StartBackupAsync() => (string)(await AskAsync("backup", "run", "--select", "*", "--detach"))["id"]!;

    /// <summary>Follows the run to its end, however it ends.</summary>
    /// <param name="limit">For all of it; null: 60 s.</param>
    public async Task<Run> WaitForRunAsync(string run, TimeSpan? limit = null)
    {
        using var client = Client();
        using var end = new CancellationTokenSource(limit ?? Limit);
        Run? last = null;
        await foreach (var change in client.WatchRunAsync(run, cancel: end.Token))
            last = change is RunUpdate.RunChanged { Run: var now } ? now : last;
        return last!;
    }

    public void Signal(int signal) => HostProcess.Signal(Pid, signal);

    /// <summary>SIGTERM, and wait.</summary>
    public async Task StopAsync()
    {
        if (_node is { HasExited: false })
            HostProcess.Signal(Pid, HostProcess.SigTerm);
        await WaitForEndAsync();
    }

    public async Task WaitForEndAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        await _node!.WaitForExitAsync(limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is { HasExited: false })
        {
            Signal(HostProcess.SigKill);
            await WaitForEndAsync();
        }
        _node?.Dispose();
    }

    public string Config => Path.Combine(_folder, "node.json");

    /// <summary>Below those that the system assigns, so that no other process gets it before the node does.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(10000, 30000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: try another.
            }
        }
    }
}
