using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Data;
using QgaOrchestrator.Node.Options;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>A whole node on a free port, with what the actors answer in the test's hands. Shared by a class's tests.</summary>
public sealed class NodeFixture : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _directory = new();
    private DataDirectory _data = null!;
    private readonly Dictionary<string, string> _secrets = [];
    private WebApplication _node = null!;

    internal FakeOrchestrator Orchestrator { get; } = new();

    internal FakeActors Actors { get; } = new();

    public T Service<T>() where T : notnull => _node.Services.GetRequiredService<T>();

    public IViews Views => _node.Services.GetRequiredService<IViews>();

    /// <summary>With the admin's token.</summary>
    public HttpClient Admin { get; private set; } = null!;

    public HttpClient Stranger { get; private set; } = null!;

    internal IEnumerable<RouteEndpoint> Routes =>
        _node.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();

    /// <summary>With this token.</summary>
    public HttpClient With(string secret)
    {
        var client = new HttpClient { BaseAddress = Stranger.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new("Bearer", secret);
        return client;
    }

    /// <summary>With a token of that role, named a-ROLE.</summary>
    public async Task<HttpClient> AsAsync(string role)
    {
        if (!_secrets.TryGetValue(role, out var secret))
        {
            using var asked = new StringContent($$"""{"name":"a-{{role}}","role":"{{role}}"}""");
            var made = await Admin.PostAsync(ApiRoutes.Tokens, asked);
            _secrets[role] = secret = (await made.Content.ReadFromJsonAsync(ApiJson.Default.NewToken))!.Secret;
        }
        return With(secret);
    }

    public string AddressFile => Path.Combine(_directory.Path, "ledger", "api.json");

    public string TokenFile => _data.TokenFile;

    /// <summary>The admin's token.</summary>
    public string Secret { get; private set; } = "";

    public Task InitializeAsync() => InitializeAsync(_ => { });

    /// <param name="more">Services that replace the node's.</param>
    public async Task InitializeAsync(Action<IServiceCollection> more)
    {
        var options = OptionsLoader.Load(
            ["--Node:Api=http://127.0.0.1:0", "--Freeze:Ledger=ledger", "--Policy:Deny:0=guest-exec"],
            new Dictionary<string, string>(), "hv1", _directory.Path);
        Directory.CreateDirectory(options.Freeze.Ledger);
        _data = DataDirectory.Open(options.Node.DataDirectory);
        _node = await NodeHost.BuildAsync(options, _data, services => more(services
            .AddSingleton<IOrchestrator>(Orchestrator)
            .AddSingleton<INodeActors>(Actors)
            .AddLogging(log => log.ClearProviders())));
        await _node.StartAsync();
        var address = new Uri(
            _node.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Stranger = new() { BaseAddress = address };
        Admin = new() { BaseAddress = address };
        Secret = (await File.ReadAllTextAsync(_data.TokenFile)).Trim();
        Admin.DefaultRequestHeaders.Authorization = new("Bearer", Secret);
    }

    public Task StopAsync() => _node.StopAsync();

    public async Task DisposeAsync()
    {
        Admin.Dispose();
        Stranger.Dispose();
        await _node.StopAsync();
        await _node.DisposeAsync();
    }

    public void Dispose()
    {
        _data.Dispose();
        _directory.Dispose();
    }
}
