using System.Net.Security;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Node.Certificates;
using QgaOrchestrator.Node.Data;
using QgaOrchestrator.Node.Options;
using QgaOrchestrator.Node.Tests.Http;

namespace QgaOrchestrator.Node.Tests.Certificates;

public sealed class ApiCertificateTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_API_is_served_by_the_certificate_of_now_and_the_one_before_while_none_fits()
    {
        Issue("127.0.0.1");
        var options = Load("--Node:Api=https://127.0.0.1:0", "--Node:Certificate=api").Options;
        Directory.CreateDirectory(options.Freeze.Ledger);
        using var data = DataDirectory.Open(options.Node.DataDirectory);
        await using var node = await NodeHost.BuildAsync(options, data, services => services
            .AddSingleton<IOrchestrator>(new FakeOrchestrator())
            .AddSingleton<INodeActors>(new FakeActors())
            .AddLogging(log => log.ClearProviders()));
        await node.StartAsync();
        var api = new Uri(node.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Assert.Equal("https", api.Scheme);

        Assert.Equal("127.0.0.1", await NameAsync(api));
        Issue("second.example");
        Assert.Equal("second.example", await NameAsync(api));
        File.WriteAllText(In("api/key.pem"), "nothing");
        Assert.Equal("second.example", await NameAsync(api));

        await node.StopAsync();
    }

    [Theory]
    [InlineData("is missing, and Node.Api is https", "--Node:Api=https://127.0.0.1:0")]
    [InlineData("is named, and Node.Api is http", "--Node:Certificate=api")]
    [InlineData("cert.pem cannot be read", "--Node:Api=https://127.0.0.1:0", "--Node:Certificate=none")]
    [InlineData("chmod 0600", "--Node:Api=https://127.0.0.1:0", "--Node:Certificate=open")]
    public void What_is_wrong_with_it_is_told_before_the_start(string told, params string[] line)
    {
        Issue("127.0.0.1");
        Issue("127.0.0.1", "open");
        File.SetUnixFileMode(In("open/key.pem"), (UnixFileMode)0b110_100_100);
        Assert.Contains(told, Load(line).Errors.Single(), StringComparison.Ordinal);
    }

    private string In(string path) => Path.Combine(_directory.Path, path);

    private (Actors.Options.QgadOptions Options, IReadOnlyList<string> Errors) Load(params string[] line) => OptionsLoader.Read(
        [.. line, "--Freeze:Ledger=ledger"], new Dictionary<string, string>(), "hv1", _directory.Path);

    private void Issue(string host, string to = "api")
    {
        var now = TimeProvider.System.GetUtcNow();
        if (!Directory.Exists(In("ca"))) CertificateIssuer.MakeAuthority(In("ca"), now, TimeSpan.FromDays(9));
        CertificateIssuer.Issue([host], In("ca"), In($"{to}-{host}"), now, TimeSpan.FromDays(9));
        Directory.CreateDirectory(In(to));
        File.Copy(In($"{to}-{host}/node.pem"), In($"{to}/cert.pem"), overwrite: true);
        File.Copy(In($"{to}-{host}/node.key"), In($"{to}/key.pem"), overwrite: true);
    }

    /// <summary>The name in the certificate that the node shows.</summary>
    private static async Task<string> NameAsync(Uri api)
    {
        var name = "";
        using var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) => (name = certificate!.Subject[3..]) is not null,
            },
        });
        Assert.Contains("\"ok\"", await client.GetStringAsync(new Uri(api, "/healthz")), StringComparison.Ordinal);
        return name;
    }
}
