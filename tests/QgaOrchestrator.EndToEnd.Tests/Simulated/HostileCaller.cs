using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Asks guests for everything, over plain HTTP, and keeps how the node answered.</summary>
internal sealed class HostileCaller : IDisposable
{
    private static readonly (string Command, string Arguments)[] Asked =
    [
        ("guest-ping", ""),
        ("guest-info", ""),
        ("guest-get-osinfo", ""),
        ("guest-get-fsinfo", ""),
        ("guest-get-time", ""),
        ("guest-get-users", ""),
        ("guest-get-vcpus", ""),
        ("guest-get-disks", ""),
        ("guest-network-get-interfaces", ""),
        ("guest-get-memory-blocks", ""),
        ("guest-of-tomorrow", ""),
        ("guest-file-open", """{"path":"/etc/hostname"}"""),
        ("guest-file-read", """{"handle":1000}"""),
        ("guest-file-read", """{"handle":1000,"count":3000000}"""),
        ("guest-exec", """{"path":"true"}"""),
        ("guest-exec-status", """{"pid":4711}"""),
        ("guest-fsfreeze-status", ""),
        ("guest-fsfreeze-thaw", ""),
        ("guest-fsfreeze-freeze", ""),
        ("guest-fsfreeze-freeze", ""),
        ("guest-fsfreeze-freeze", ""),
    ];

    private readonly HttpClient _http;

    public HostileCaller(Uri api, string token)
    {
        _http = new HttpClient { BaseAddress = api, Timeout = TimeSpan.FromSeconds(60) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public ConcurrentDictionary<HttpStatusCode, int> Answers { get; } = new();

    /// <summary>Answers that no caller should ever get.</summary>
    public ConcurrentBag<string> Faults { get; } = [];

    /// <param name="freeze">Ask for that, whatever chance would have.</param>
    public async Task AskAsync(string vm, Random chance, bool freeze)
    {
        var (command, arguments) = freeze ? Asked[^1] : Asked[chance.Next(Asked.Length)];
        await PostAsync(
            vm,
            command,
            arguments,
            command.EndsWith("-freeze", StringComparison.Ordinal) ? "lease=00:00:02" : "timeout=00:00:02"
        );
    }

    /// <summary>A healthy VM answers; else it throws.</summary>
    public async Task<TimeSpan> PingAsync(string vm)
    {
        using var body = new StringContent("", Encoding.UTF8, "application/json");
        var began = Stopwatch.GetTimestamp();
        using var answer = await _http.PostAsync(
            new Uri($"/v1/vms/{vm}/agent/guest-ping", UriKind.Relative), body, CancellationToken.None);
        var took = Stopwatch.GetElapsedTime(began);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return took;
    }

    private async Task PostAsync(string vm, string command, string arguments, string query)
    {
        using var body = new StringContent(arguments, Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(
            new Uri($"/v1/vms/{vm}/agent/{command}?{query}", UriKind.Relative), body, CancellationToken.None);
        Answers.AddOrUpdate(answer.StatusCode, 1, (_, count) => count + 1);
        if (
            (int)answer.StatusCode >= 500
            && answer.StatusCode is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
        )
            Faults.Add($"{command}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        else if (
            !answer.IsSuccessStatusCode
            && !(await answer.Content.ReadAsStringAsync()).Contains("\"remedy\"", StringComparison.Ordinal)
            && answer.StatusCode != HttpStatusCode.UnprocessableEntity
        )
            Faults.Add($"{command}: {(int)answer.StatusCode} without a remedy: {await answer.Content.ReadAsStringAsync()}");
    }

    public void Dispose() => _http.Dispose();
}
