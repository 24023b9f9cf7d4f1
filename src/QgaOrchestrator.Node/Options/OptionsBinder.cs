using System.Net;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Node.Certificates;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Cut.Methods;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Hosts.Kinds;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Node.Options;

/// <summary>Every option by name, with its default and its range.</summary>
public static class OptionsBinder
{
    private static readonly Uri DefaultApi = new("http://127.0.0.1:7070");

    /// <param name="root">Where the host's file system begins: / but in a test.</param>
    public static QgadOptions Bind(OptionReader read, string machine, string directory, string root)
    {
        var node = Node(read, machine, directory);
        var options = new QgadOptions(
            node,
            Store(read, directory),
            Fleet(read, node.Host, directory, root),
            Freeze(read, node, directory),
            Policy(read),
            new ClusterKeys(read, directory, node.Api).Read()
        );
        if (options.Cluster.Seeds.Count > 0 && !StoreProviders.Find(options.Store.Provider).IsShared)
            read.Fail(
                "Store:Provider",
                $"\"{options.Store.Provider}\" with Cluster:Seeds would give each node a journal of its own, and no node the "
                    + "others' runs. Set it to \"postgresql\", or remove the seeds");
        read.RefuseUnknown(["Node", "Store", "Fleet", "Freeze", "Policy", "Cluster"]);
        return options;
    }

    private static NodeSection Node(OptionReader read, string machine, string directory)
    {
        var host = read.Text("Node:Host", machine);
        if (!VmName.IsValid(host))
            read.Fail("Node:Host", $"\"{host}\" is not a name for a host (at most 200 characters of [A-Za-z0-9._-])");
        var data = Path.GetFullPath(read.Text("Node:DataDirectory", LedgerPath.DefaultDataDirectory), directory);
        var api = Api(read);
        return new(host, data, api, read.TextOrNull("Node:TargetGroup"), Log(read))
        {
            Certificate = Certificate(read, api, directory),
        };
    }

    private static string? Certificate(OptionReader read, Uri api, string directory)
    {
        const string key = "Node:Certificate";
        var folder = read.TextOrNull(key) is { } path ? Path.GetFullPath(path, directory) : null;
        if (folder is null && api.Scheme == Uri.UriSchemeHttps)
            read.Fail(key, $"is missing, and Node.Api is https. Name a folder with {ApiCertificate.CertificateFile} and "
                + $"{ApiCertificate.KeyFile}");
        if (folder is not null && api.Scheme == Uri.UriSchemeHttp)
            read.Fail(key, $"is named, and Node.Api is http. Let that be https://{api.Authority}, or remove this key");
        else if (folder is not null && ApiCertificate.Fault(folder) is { } fault) read.Fail(key, fault);
        return folder;
    }

    private static LogLevel Log(OptionReader read) => read.Parsed<LogLevel>(
        "Node:LogLevel", LogLevel.Information, "trace, debug, information, warning or error", text => text switch
        {
            "trace" => LogLevel.Trace,
            "debug" => LogLevel.Debug,
            "information" => LogLevel.Information,
            "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => null,
        });

    private static Uri Api(OptionReader read)
    {
        const string key = "Node:Api";
        if (read.TextOrNull(key) is not { } text) return DefaultApi;
        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.PathAndQuery == "/"
            && (uri.Host == "localhost" || IPAddress.TryParse(uri.DnsSafeHost, out _)))
            return uri;
        read.Fail(key, $"\"{text}\" is not http://ADDRESS:PORT or https://ADDRESS:PORT");
        return DefaultApi;
    }

    private static StoreSection Store(OptionReader read, string directory)
    {
        var keep = read.Days("Store:Keep", TimeSpan.FromDays(400), TimeSpan.FromDays(1), TimeSpan.FromDays(36500));
        var name = read.Text("Store:Provider", StoreProviders.Default.Name);
        if (StoreProviders.All.FirstOrDefault(known => known.Name == name) is { } provider)
            return new(name, provider.Read(new StoreKeys(read, directory)), keep);
        read.Fail("Store:Provider", StoreProviders.Unknown(name));
        // The other keys belong to a provider that is not known: nothing can be said of them.
        foreach (var other in read.Names("Store")) read.TextOrNull($"Store:{other}");
        return new(StoreProviders.Default.Name, StoreProviders.Default.Read(new StoreKeys.Unset()), keep);
    }

    private static FleetSection Fleet(OptionReader read, string host, string directory, string root)
    {
        var file = read.TextOrNull("Fleet:File");
        var sources = read.List("Fleet:Sources") is { } keys
            ? keys.Select(key => Source(read, key, directory, root)).OfType<IVmSource>().ToArray()
            : [.. HostKinds.All.Select(kind => kind.Default(root)).OfType<IVmSource>()];
        if (file is null) return new(sources, null);
        var path = Path.GetFullPath(file, directory);
        foreach (var error in FleetErrors(path, host, sources, root))
            read.Fail("Fleet:File", $"{path}: {error}");
        return new(sources, path);
    }

    private static IReadOnlyList<string> FleetErrors(
        string path, string host, IReadOnlyList<IVmSource> sources, string root)
    {
        try
        {
            var (fleet, errors) = VmPlaces.Reader.Read(File.ReadAllBytes(path));
            return fleet is null
                ? errors
                :
                [
                    .. fleet
                        .Vms.Where(vm => (vm.Host ?? host) == host)
                        .Select(vm => Objection(vm, sources, root))
                        .OfType<string>(),
                ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [e.Message];
        }
    }

    /// <summary>A VM that is not there yet is none of the config's faults.</summary>
    private static string? Objection(FleetVm vm, IReadOnlyList<IVmSource> sources, string root) =>
        FleetScan.Place(vm, sources, root) is { Refusal: { } refusal } ? $"{vm.Name}: {refusal.Reason}. {refusal.Remedy}" : null;

    private static IVmSource? Source(OptionReader read, string key, string directory, string root)
    {
        read.Names(key);
        var name = read.Text(key + ":Kind", HostKinds.Default);
        var options = new SourceOptions(read, key, directory, root);
        if (HostKinds.Find(name) is { } kind) return kind.Read(options);
        // Its other options are none of a kind that anybody here knows.
        foreach (var option in read.Names(key)) options.Text(option);
        options.Fail("Kind", $"\"{name}\" is not supported by this version; use {Spoken(HostKinds.Names)}");
        return null;
    }

    private static string Spoken(IEnumerable<string> names) => string.Join(" or ", names.Select(name => $"\"{name}\""));

    private static FreezeSection Freeze(OptionReader read, NodeSection node, string directory) => new(
        read.Duration("Freeze:Timeout", TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
        read.Duration("Freeze:Lease", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)),
        read.Duration("Freeze:Spread", TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)),
        new LedgerPath(read.Text("Freeze:Ledger", LedgerPath.DefaultLedger), node.Host, node.DataDirectory, directory).Resolve(),
        CutMethods.ReadSettings(new CutKeys(read, directory)));

    private static PolicySection Policy(OptionReader read)
    {
        foreach (var key in read.List("Policy:Deny") ?? [])
        {
            switch (read.TextOrNull(key))
            {
                case "guest-fsfreeze-thaw" or "guest-fsfreeze-status" or "guest-sync" or "guest-sync-delimited":
                    read.Fail(key, "cannot be denied: without it a frozen guest could not be thawed");
                    break;
                case { } name when AgentCommands.Find(name) is null:
                    read.Fail(key, $"{name} is not a command of the guest agent, such as guest-exec");
                    break;
            }
        }
        return new(read.Texts("Policy:Deny"));
    }
}
