using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Databases;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>
/// Hosts 127.0.0.1, 127.0.0.2 and so on, or those of a <see cref="HostNetwork"/>, each with a qgad of its own that trusts one CA,
/// over one PostgreSQL, which they reach by its socket. The ports are the same on each. The seeds are the first three. What is in the folder of a test that fails is printed with its failure.
/// </summary>
internal sealed class ClusterLab : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-cluster-").FullName;
    private readonly List<ClusterNode> _nodes = [];

    private ClusterLab(int port, PostgresServer store, HostNetwork? network) =>
        (Port, Store, Network) = (port, store, network);

    /// <summary>Null: all hosts are on this machine's loopback.</summary>
    public HostNetwork? Network { get; }

    public PostgresServer Store { get; }

    /// <summary>Where nodes find it: an address, or the folder of its socket.</summary>
    public string StoreAt => Network?.AddressOf(HostNetwork.Store) ?? Store.Folder;

    /// <summary>Of Akka; the next one is the peers', the one after it the public API's.</summary>
    public int Port { get; }

    public string Seeds => string.Join(
        ',', Enumerable.Range(1, 3).Select(n => $"\"{AddressOf(n)}:{Port.ToString(CultureInfo.InvariantCulture)}\""));

    /// <param name="network">Goes with the lab.</param>
    public static async Task<ClusterLab> MakeAsync(HostNetwork? network = null)
    {
        Skip.If(PostgresServer.WhyNot is not null && !LabHost.MustWork, PostgresServer.WhyNot);
        var lab = new ClusterLab(FreePorts(), await PostgresServer.StartAsync(network?.AddressOf(HostNetwork.Store)), network);
        await lab.CertifyAsync("init");
        return lab;
    }

    /// <summary>qgad certificates, in the lab's folder.</summary>
    public async Task CertifyAsync(string verb, string? host = null, string ca = "ca", string? to = null)
    {
        string[] what = host is null ? [verb, "--to", In(ca)] : [verb, host, "--ca", In(ca), "--to", In(to ?? host)];
        await Tool.MustAsync(Programs.Node, ["certificates", .. what]);
    }

    /// <summary>Prepares a node; it is not started.</summary>
    /// <param name="number">Of its address, as in 127.0.0.NUMBER.</param>
    /// <param name="host">Its name; null: hvNUMBER.</param>
    /// <param name="ca">Whose certificate it has; it trusts the lab's CA all the same.</param>
    /// <param name="vms">How many VMs it has, named HOST-vm1 and so on.</param>
    /// <param name="options">Of its VMs.</param>
    public async Task<ClusterNode> NodeAsync(
        int number, string? host = null, string ca = "ca", int vms = 0, FleetOptions? options = null)
    {
        var address = AddressOf(number);
        await CertifyAsync("issue", address, ca);
        host ??= $"hv{number.ToString(CultureInfo.InvariantCulture)}";
        var fleet = vms == 0 ? null : new SimulatedFleet(
            Path.Combine(In(address), "vms"), vms,
            (options ?? new()) with
            {
                Name = n => $"{host}-vm{(n + 1).ToString(CultureInfo.InvariantCulture)}",
                Seed = number,
            });
        var node = new ClusterNode(this, In(address), address, host, fleet) { Enter = Network?.Enter(number) ?? [] };
        _nodes.Add(node);
        return node;
    }

    /// <summary>Starts these together, and waits until each is up in the cluster.</summary>
    public static async Task StartAsync(IReadOnlyCollection<ClusterNode> nodes)
    {
        await Task.WhenAll(nodes.Select(node => node.StartAsync()));
        foreach (var node in nodes) await node.WaitUntilUpAsync();
    }

    /// <summary>What is asked of the listener for nodes, with the certificate of a host.</summary>
    public static HttpClient PeersClient(ClusterNode node) => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            ClientCertificates = [Certificate(node.Folder)],
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
        },
    })
    {
        DefaultRequestHeaders = { { "Qga-Cluster-Version", "1" } },
    };

    /// <summary>Whether a handshake comes to its end at a port, by openssl, which still speaks what .NET refuses to.</summary>
    /// <param name="version">As in -tls1_2.</param>
    public static async Task<bool> HandshakeAsync(ClusterNode node, int port, string version)
    {
        string[] own = ["-cert", Path.Combine(node.Folder, "node.pem"), "-key", Path.Combine(node.Folder, "node.key")];
        var at = string.Create(CultureInfo.InvariantCulture, $"{node.Address}:{port}");
        var ended = await Tool.RunAsync(
            "openssl", ["s_client", "-connect", at, version, "-cipher", "ALL:@SECLEVEL=0", .. own]);
        Assert.True(ended.ExitCode == 0 || ended.Error.Contains("alert", StringComparison.Ordinal), ended.Error);
        return ended.ExitCode == 0;
    }

    /// <summary>Sends what is no TLS, and waits until the node hangs up.</summary>
    public static async Task SendPlainAsync(ClusterNode node, int port)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Parse(node.Address), port);
        try
        {
            await socket.GetStream().WriteAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            while (await socket.GetStream().ReadAsync(new byte[100]) > 0)
            {
                // Until its end.
            }
        }
        catch (IOException)
        {
            // Reset: refused all the same.
        }
    }

    /// <summary>Stands in for a node that has ended, at Akka's port: hangs up in the first handshake that another node
    /// begins.</summary>
    public async Task HangUpAsync(ClusterNode dead)
    {
        using var listener = new TcpListener(IPAddress.Parse(dead.Address), Port);
        listener.Start();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var caller = await listener.AcceptTcpClientAsync(limit.Token);
        Assert.True(await caller.GetStream().ReadAsync(new byte[100], limit.Token) > 0);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        await Store.DisposeAsync();
        if (Network is not null) await Network.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static X509Certificate2 Certificate(string folder) =>
        X509Certificate2.CreateFromPemFile(Path.Combine(folder, "node.pem"), Path.Combine(folder, "node.key"));

    private string AddressOf(int number) =>
        Network?.AddressOf(number) ?? $"127.0.0.{number.ToString(CultureInfo.InvariantCulture)}";

    private string In(string name) => Path.Combine(_folder, name);

    /// <summary>Three in a row, below those that the system assigns.</summary>
    private static int FreePorts()
    {
        while (true)
        {
            var port = Random.Shared.Next(10000, 30000);
            if (Enumerable.Range(port, 3).All(IsFree)) return port;
        }
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Any, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
