using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Metrics;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>What Prometheus reads of a node, and what pages and alerts say about it.</summary>
public sealed partial class MetricsHttpTests(NodeFixture node) : IClassFixture<NodeFixture>
{
    private static readonly string Deploy = Path.Combine(Root(AppContext.BaseDirectory), "deploy");

    private static readonly Moment Frozen = new(TimeSpan.FromSeconds(5), DateTimeOffset.UnixEpoch);

    [Fact]
    public async Task Metrics_need_a_viewers_token_and_are_in_Prometheus_text_format()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await node.Stranger.GetAsync(ApiRoutes.Metrics)).StatusCode);
        using var viewer = await node.AsAsync("viewer");

        using var answer = await viewer.GetAsync(ApiRoutes.Metrics);

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n');
        Assert.Equal("", lines[^1]);
        Assert.All(lines[..^1], line => Assert.Matches(Sample(), line));
    }

    [Fact]
    public async Task VMs_are_counted_by_the_state_of_their_agent_on_this_host_alone()
    {
        var since = TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(1);
        node.Orchestrator.Vms.Clear();
        node.Orchestrator.AddVm("hv1", "a");
        node.Orchestrator.AddVm("hv1", "b");
        node.Orchestrator.AddVm("hv2", "c");
        node.Orchestrator.Vms[1] = node.Orchestrator.Vms[1] with { Agent = AgentState.Busy, Frozen = true, FrozenSince = since };
        try
        {
            var told = await ReadAsync();

            Assert.Equal(("1", "1", "0"), (
                told["qga_vms{state=\"ready\"}"], told["qga_vms{state=\"busy\"}"], told["qga_vms{state=\"absent\"}"]));
            Assert.Equal("1", told["qga_guests_frozen"]);
            Assert.InRange(double.Parse(told["qga_guest_frozen_longest_seconds"]), 60, 600);
        }
        finally
        {
            node.Orchestrator.Vms.Clear();
        }
    }

    [Fact]
    public async Task Windows_and_thaws_are_counted_by_how_they_ended_and_who_thawed()
    {
        var metrics = node.Service<NodeMetrics>();
        var before = await ReadAsync();
        var held = new WindowRecord { FreezeSent = Frozen, FrozenAt = Frozen, ThawedAt = After(0.02) };

        metrics.WindowClosed(held, adopted: false, byOperator: false);
        metrics.WindowClosed(held with { ThawedAt = After(3), Broken = "a caller thawed it" }, adopted: false, byOperator: true);
        metrics.WindowClosed(new WindowRecord { Broken = "no watchdog" }, adopted: false, byOperator: false);
        metrics.ThawedByAnother(
            new WindowFacts { FrozenAt = Frozen.Utc, ThawedAt = Frozen.Utc.AddSeconds(20), ThawedBy = "watchdog" });
        metrics.CommandEnded(TimeSpan.FromMilliseconds(3), new AgentOutcome.Returned("1"u8.ToArray()));

        var after = await ReadAsync();
        Assert.Equal(1, Grown("qga_windows_total{outcome=\"held\"}"));
        Assert.Equal(2, Grown("qga_windows_total{outcome=\"broken\"}"));
        Assert.Equal(1, Grown("qga_windows_total{outcome=\"not-frozen\"}"));
        Assert.Equal(1, Grown("qga_thaws_total{by=\"node\"}"));
        Assert.Equal(1, Grown("qga_thaws_total{by=\"operator\"}"));
        Assert.Equal(1, Grown("qga_thaws_total{by=\"watchdog\"}"));
        Assert.Equal(1, Grown("qga_window_frozen_duration_seconds_bucket{le=\"0.025\"}"));
        Assert.Equal(2, Grown("qga_window_frozen_duration_seconds_bucket{le=\"5\"}"));
        Assert.Equal(3, Grown("qga_window_frozen_duration_seconds_bucket{le=\"+Inf\"}"));
        Assert.Equal(3, Grown("qga_window_frozen_duration_seconds_count"));
        Assert.Equal(1, Grown("qga_agent_command_duration_seconds_bucket{outcome=\"returned\",le=\"0.005\"}"));

        double Grown(string name) => double.Parse(after[name]) - double.Parse(before.GetValueOrDefault(name, "0"));
        static Moment After(double seconds) =>
            new(Frozen.Monotonic + TimeSpan.FromSeconds(seconds), Frozen.Utc.AddSeconds(seconds));
    }

    [Fact]
    public async Task Each_part_of_readyz_is_1_where_it_is_ok_and_0_where_it_is_not()
    {
        var told = await ReadAsync();

        using var ready = await node.Stranger.GetAsync(ApiRoutes.Ready);
        var checks = (await ready.Content.ReadFromJsonAsync(ApiJson.Default.Health))!.Checks!;
        Assert.Equal(
            checks.ToDictionary(check => $"qga_node_ready{{part=\"{check.Key}\"}}", check => check.Value == "ok" ? "1" : "0"),
            told.Where(of => of.Key.StartsWith("qga_node_ready", StringComparison.Ordinal)).ToDictionary());
        Assert.Contains(told, of => of.Key.StartsWith("qga_node_info{version=\"", StringComparison.Ordinal) && of.Value == "1");
        Assert.True(double.Parse(told["dotnet_process_memory_working_set_bytes"]) > 1e6);
        Assert.True(double.Parse(told["qga_filesystem_free_bytes{of=\"data\"}"]) > 0);
    }

    [Fact]
    public async Task The_page_lists_each_metric_with_its_type_and_none_besides()
    {
        const string begin = "<!-- metrics: written from the code, but for the labels -->\n", end = "<!-- end of metrics -->";
        var page = await File.ReadAllTextAsync(Path.Combine(Deploy, "docs", "monitoring.md"));
        var from = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var written = page[from..page.IndexOf(end, StringComparison.Ordinal)];
        var labels = Row().Matches(written).ToDictionary(row => row.Groups[1].Value, row => row.Groups[2].Value.Trim());
        var text = "| metric | type | labels | means |\n|---|---|---|---|\n";
        foreach (Match family in Family().Matches(await TextAsync()))
            text += $"| `{family.Groups[1]}` | {family.Groups[3]} | {labels.GetValueOrDefault(family.Groups[1].Value)} | "
                + $"{family.Groups[2]} |\n";
        var copy = Path.Combine(AppContext.BaseDirectory, "metrics-reference.md");
        if (written != text) await File.WriteAllTextAsync(copy, text);
        Assert.True(written == text, $"deploy/docs/monitoring.md differs from the code. What it should hold is in {copy}.");
    }

    [Fact]
    public async Task Each_alert_uses_metrics_that_exist_and_names_a_page_that_exists()
    {
        var alerts = await File.ReadAllTextAsync(Path.Combine(Deploy, "prometheus", "alerts.yml"));
        var known = Family().Matches(await TextAsync()).Select(family => family.Groups[1].Value).ToHashSet();
        var used = Used().Matches(alerts).Select(name => Suffix().Replace(name.Value, "")).Distinct().ToList();

        Assert.NotEmpty(used);
        Assert.All(used, name => Assert.Contains(name, known));
        var count = Regex.Count(alerts, "- alert:");
        var pages = Remedy().Matches(alerts);
        Assert.Equal(count, pages.Count);
        Assert.All(pages, page =>
        {
            var headings = File.ReadLines(Path.Combine(Deploy, "docs", page.Groups[1].Value))
                .Where(line => line.StartsWith('#'))
                .Select(line => Regex.Replace(line.TrimStart('#', ' ').ToLowerInvariant(), "[^a-z0-9 -]", "").Replace(' ', '-'));
            Assert.Contains(page.Groups[2].Value, headings);
        });
    }

    private async Task<string> TextAsync() => await node.Admin.GetStringAsync(ApiRoutes.Metrics);

    private async Task<Dictionary<string, string>> ReadAsync() => (await TextAsync()).Split('\n')
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.Split(' ')).ToDictionary(parts => parts[0], parts => parts[1]);

    private static string Root(string directory) => File.Exists(Path.Combine(directory, "QgaOrchestrator.sln"))
        ? directory
        : Root(Path.GetDirectoryName(directory)!);

    [GeneratedRegex("""^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z_]+="[^"\\]*",?)+\})? -?[0-9.E+-]+)$""")]
    private static partial Regex Sample();

    [GeneratedRegex("^# HELP (\\w+) (.*)\n# TYPE \\w+ (\\w+)$", RegexOptions.Multiline)]
    private static partial Regex Family();

    [GeneratedRegex(@"^\| `(\w+)` \|[^|]*\|([^|]*)\|.*\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\b(qga|dotnet)_\w+")]
    private static partial Regex Used();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"remedy: .*/docs/(\w+\.md)#([a-z0-9-]+)")]
    private static partial Regex Remedy();
}
