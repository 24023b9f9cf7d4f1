using System.Text.Json;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Kinds.Backup;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Kinds;

public class RunOptionsTests
{
    private static readonly BackupRunKind Backup = new();

    [Fact]
    public void An_option_that_is_not_given_is_stored_with_its_default()
    {
        var (options, errors) = Read("{}");
        Assert.Empty(errors);
        Assert.Equal(
            new BackupOptions("full", null, Consistency.Require, null).In(new RunOptions
            {
                MaxParallel = 50,
                MaxFailures = CountOrPercent.All,
                MaxUnreachable = CountOrPercent.All,
                UnreachableAfter = TimeSpan.FromMinutes(10),
            }),
            options);
        Assert.Null(Read("""{"unreachableAfter":null}""").Options!.UnreachableAfter);
        Assert.Equal(options, Backup.ParseOptions(null).Options);
        Assert.Equal(options, Read("""{"maxParallel":null,"canary":null,"dryRun":false,"hook":null}""").Options);
    }

    [Fact]
    public void Every_option_is_read()
    {
        var (options, errors) = Read("""
            {"maxParallel":7,"maxParallelPerHost":2,"maxFailures":3,"maxUnreachable":"10%",
             "method":"full","target":"/backup","consistency":"prefer","bandwidth":1000000}
            """);
        Assert.Empty(errors);
        Assert.Equal(
            (7, 2, "3", "10%"),
            (options!.MaxParallel, options.MaxParallelPerHost, options.MaxFailures.ToString(), options.MaxUnreachable.ToString())
        );
        Assert.Equal(new BackupOptions("full", "/backup", Consistency.Prefer, 1_000_000), BackupOptions.Of(options));
    }

    [Fact]
    public void Every_invalid_option_is_reported_at_once_by_name()
    {
        var (options, errors) = Read("""
            {"maxParallel":0,"maxFailures":"101%","maxUnreachable":-1,"target":"points","consistency":"Require","bandwidth":0,
             "colour":"red","speed":1}
            """);
        Assert.Null(options);
        string[] names =
            ["maxParallel", "maxFailures", "maxUnreachable", "target", "consistency", "bandwidth", "colour", "speed"];
        Assert.Equal(names.Order(), errors.Select(error => error[..error.IndexOf(':', StringComparison.Ordinal)]).Order());
    }

    [Fact]
    public void The_options_of_a_rollout_are_read_as_the_contract_writes_them()
    {
        var (options, errors) = Backup.ParseOptions(JsonDocument.Parse("""
            {"maxParallelPerLabel":{"app":2},"maxParallelPerTarget":3,"canary":1,"waves":[5,"10%"],"soak":"00:05:00",
             "deadline":"01:00:00","groupBy":"app"}
            """).RootElement);
        Assert.Empty(errors);
        Assert.Equal(2, options!.MaxParallelPerLabel!["app"]);
        Assert.Equal((3, new CountOrPercent(1, false)), (options.MaxParallelPerTarget, options.Canary));
        Assert.Equal([new(5, false), new(10, true)], options.Waves!);
        Assert.Equal(
            (TimeSpan.FromMinutes(5), TimeSpan.FromHours(1), "app"),
            (options.Soak, options.Deadline, BackupOptions.Of(options)!.GroupBy)
        );
    }

    [Theory]
    [InlineData("""{"waves":[5,3]}""", true)]
    [InlineData("""{"waves":["10%",7,"10%"]}""", true)]
    [InlineData("""{"canary":5,"waves":[5]}""", true)]
    [InlineData("""{"canary":5,"waves":["1%","2%"]}""", false)]
    [InlineData("""{"canary":1,"waves":[2,"10%",8,"50%"]}""", false)]
    public void Waves_must_increase(string json, bool refused) =>
        Assert.Equal(refused ? 1 : 0, Read(json).Errors.Count(error => error.StartsWith("waves: ", StringComparison.Ordinal)));

    [Theory]
    [InlineData("""{"method":"incremental"}""", "method")]
    public void What_this_version_does_not_have_is_refused_and_not_ignored(string json, string name)
    {
        var error = Assert.Single(Read(json).Errors);
        Assert.StartsWith($"{name}: ", error, StringComparison.Ordinal);
        Assert.Contains("is not available in this version", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"hook":"lvm"}""", "hook: only method hook takes it, and this is full")]
    [InlineData("""{"method":"hook"}""", "hook: method hook needs the name of a hook in the hosts' Freeze.Hooks")]
    [InlineData("""{"method":"hook","hook":""}""", "hook: method hook needs the name of a hook in the hosts' Freeze.Hooks")]
    [InlineData(
        """{"method":"hook","hook":["/bin/sh"]}""",
        "hook: expected a string without NUL, at most 4096 characters, not [\"/bin/sh\"]"
    )]
    public void The_option_hook_is_a_name_and_needs_method_hook(string json, string error) =>
        Assert.Contains(error, Read(json).Errors);

    [Fact]
    public void A_hook_is_read_by_its_name()
    {
        var (options, errors) = Read("""{"method":"hook","hook":"lvm"}""");
        Assert.Empty(errors);
        var own = BackupOptions.Of(options!)!;
        Assert.Equal(("hook", "lvm"), (own.Method, own.MethodOptions["hook"]));
    }

    [Theory]
    [InlineData("""{"method":"full","target":"/p","consistency":"prefer","bandwidth":5}""", "full", null)]
    [InlineData("""{"method":"hook","target":null,"consistency":"require","bandwidth":null,"hook":"lvm"}""", "hook", "lvm")]
    public void Options_that_an_earlier_release_journalled_are_read_and_written_unchanged(
        string backup, string method, string? hook)
    {
        var stored = $$"""{"maxParallel":1,"maxFailures":"0","maxUnreachable":"100%","backup":{{backup}}}""";
        var run = JsonSerializer.Deserialize(stored, RunJson.Default.RunOptions)!;
        var own = BackupOptions.Of(run)!;
        Assert.Equal((method, hook), (own.Method, own.MethodOptions.GetValueOrDefault("hook")));
        Assert.Equal(backup, own.In(run).Own!["backup"].GetRawText());
    }

    [Theory]
    [InlineData("", "full")]
    [InlineData(""","method":"snapshot" """, "snapshot")]
    [InlineData(""","method":"Hook" """, "hook")]
    public void A_draft_of_an_earlier_release_makes_a_point_of_its_method(string stored, string method)
    {
        var draft = JsonSerializer.Deserialize(
            $$"""{"names":"n","directory":"/p","disks":[],"lease":"00:00:05","unfrozen":false{{stored}}}""",
            DraftJson.Default.PointDraft)!;
        var directory = PointDirectory.For("/p", "/d", new VmId("h", "v"), DateTimeOffset.UnixEpoch, "n");
        Assert.Equal(method, draft.ToPoint(new VmId("h", "v"), "r", null, directory, []).Method);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("5")]
    public void Options_must_be_a_JSON_object(string json) =>
        Assert.Equal("options: expected an object", Assert.Single(Read(json).Errors));

    /// <summary>An operator who asks what a crash leaves behind finds an answer for each step.</summary>
    [Fact]
    public void Every_kind_tells_of_each_step_what_it_does_its_undo_and_what_a_crash_leaves()
    {
        Assert.Equal("prepare window copy verify catalog", string.Join(' ', Backup.Steps.Select(step => step.Name)));
        Assert.All(RunKinds.Known.All.SelectMany(kind => kind.Steps), step =>
            Assert.All([step.Name, step.Does, step.Undone, step.AfterCrash], text => Assert.NotEmpty(text)));
    }

    private static (RunOptions? Options, IReadOnlyList<string> Errors) Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Backup.ParseOptions(document.RootElement);
    }
}
