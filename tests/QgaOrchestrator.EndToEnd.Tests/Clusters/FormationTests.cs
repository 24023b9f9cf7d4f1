using System.Net;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>Nodes find into one cluster, and who is none of them stays out.</summary>
public sealed class FormationTests
{
    [SkippableFact]
    public async Task Three_nodes_are_one_cluster_that_refuses_strangers_and_takes_back_a_killed_one()
    {
        await using var lab = await ClusterLab.MakeAsync();
        ClusterNode one = await lab.NodeAsync(1, vms: 1), two = await lab.NodeAsync(2), three = await lab.NodeAsync(3);
        await one.StartAsync();
        Assert.Equal(
            $"this node waits for 2 of 3 seeds: 127.0.0.2:{lab.Port}, 127.0.0.3:{lab.Port}", await one.WaitForAsync("2 of 3"));
        await AssertServesItsVmsAloneAsync(one);
        await Task.WhenAll(two.StartAsync(), three.StartAsync());
        foreach (var node in new[] { one, two, three }) await node.WaitUntilUpAsync();
        using (var client = one.Client()) Assert.Equal("thawed", await WaitForStatusAsync(client));
        using var peers = ClusterLab.PeersClient(two);
        var (cluster, _) = await one.StateAsync(peers);

        await three.KillAsync();
        await lab.HangUpAsync(three);
        await three.StartAsync();
        await ClusterLab.SendPlainAsync(one, lab.Port);
        await ClusterLab.SendPlainAsync(one, lab.Port + 1);
        foreach (var (port, version, speaks) in new[]
        {
            (lab.Port, "-tls1", false), (lab.Port, "-tls1_1", false), (lab.Port, "-tls1_2", true),
            (lab.Port + 1, "-tls1_1", false), (lab.Port + 1, "-tls1_2", false),
        })
            Assert.True(speaks == await ClusterLab.HandshakeAsync(one, port, version), $"{version} at {port}");
        await AssertRefusedAsync(lab, one);
        await AssertTwinEndsAsync(lab);

        await three.WaitUntilUpAsync();
        foreach (var node in new[] { one, two, three })
            await Poll.ForAsync("three members", TimeSpan.FromSeconds(30), async () =>
                await node.StateAsync(peers) == (cluster, "hv1 hv2 hv3") ? "they are" : null, () => node.Log);
        foreach (var why in new[] { "it does not speak TLS", "is not of the CA in ca.pem", "it shows no certificate" })
            Assert.Equal(2, one.Log.Split(why).Length);
    }

    [SkippableFact]
    public async Task With_the_first_seed_dead_the_others_begin_and_one_that_was_stopped_ends_with_1()
    {
        await using var lab = await ClusterLab.MakeAsync();
        ClusterNode one = await lab.NodeAsync(1), two = await lab.NodeAsync(2), three = await lab.NodeAsync(3);
        await Task.WhenAll(two.StartAsync(), three.StartAsync());
        await two.WaitForAsync("127.0.0.1");
        await Task.WhenAll(two.WaitUntilUpAsync(), three.WaitUntilUpAsync());
        await one.StartAsync();
        await one.WaitUntilUpAsync();
        using var peers = ClusterLab.PeersClient(two);
        var (cluster, _) = await two.StateAsync(peers);

        three.Signal(HostProcess.SigStop);
        await Poll.ForAsync("removal of a node that is stopped", TimeSpan.FromSeconds(40), async () =>
            await two.StateAsync(peers) == (cluster, "hv1 hv2") ? "it is" : null, () => two.Log);
        three.Signal(HostProcess.SigCont);

        Assert.Equal(1, await three.EndAsync());
        await three.StartAsync();
        await three.WaitUntilUpAsync();
        Assert.Equal(cluster, (await three.StateAsync(peers)).Id);
    }

    private static async Task AssertServesItsVmsAloneAsync(ClusterNode node)
    {
        using var client = node.Client();
        await WaitForStatusAsync(client);
        await client.CallAgentAsync("hv1-vm1", "guest-fsfreeze-freeze", default, new AgentCallOptions());
        Assert.True((await client.GetVmAsync("hv1-vm1")).Frozen);
        await client.CallAgentAsync("hv1-vm1", "guest-fsfreeze-thaw", default, new AgentCallOptions());
        Assert.Equal("thawed", await WaitForStatusAsync(client));
        var refused = await Assert.ThrowsAsync<ApiException>(() => client.StartRunAsync(
            new RunRequest("command", "*", new JsonObject { ["command"] = "guest-ping" })));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, ProblemCodes.NotReady), (refused.Status, refused.Code));
        Assert.Contains("waits for 2 of 3 seeds", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Of its guest's file systems, as soon as its agent answers.</summary>
    private static Task<string> WaitForStatusAsync(QgaClient client) => Poll.ForAsync(
        "the VM's agent", TimeSpan.FromSeconds(30), async () =>
        {
            try
            {
                return (await client.CallAgentAsync(
                    "hv1-vm1", "guest-fsfreeze-status", default, new AgentCallOptions())).GetString();
            }
            catch (ApiException e) when (e.Status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.NotFound)
            {
                return null;
            }
        });

    private static async Task AssertRefusedAsync(ClusterLab lab, ClusterNode node)
    {
        await lab.CertifyAsync("init", ca: "foreign");
        await lab.CertifyAsync("issue", "127.0.0.5", "foreign");
        var stranger = new ClusterNode(lab, Path.Combine(Path.GetDirectoryName(node.Folder)!, "127.0.0.5"), "127.0.0.5", "hv5");
        using var peers = ClusterLab.PeersClient(stranger);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => peers.GetStringAsync(node.Peers("/v1/peer/state")));
        using var nobody = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null },
        });
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => nobody.GetStringAsync(node.Peers("/v1/peer/state")));
        await stranger.DisposeAsync();
    }

    private static async Task AssertTwinEndsAsync(ClusterLab lab)
    {
        var twin = await lab.NodeAsync(4, host: "hv1");
        await twin.StartAsync();
        Assert.Equal(2, await twin.EndAsync());
        Assert.Contains($"127.0.0.1:{lab.Port} is a node of the host hv1, too", twin.Log, StringComparison.Ordinal);
    }
}
