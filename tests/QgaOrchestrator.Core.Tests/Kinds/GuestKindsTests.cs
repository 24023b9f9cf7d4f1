using System.Text.Json;
using QgaOrchestrator.Core.Kinds.Exec;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Tests.Runs;

namespace QgaOrchestrator.Core.Tests.Kinds;

/// <summary>The kinds that ask or tell guests something: command and exec.</summary>
public class GuestKindsTests
{
    [Theory]
    [InlineData("exec", """{"path":"/bin/true"}""")]
    [InlineData("exec", """{"path":"/bin/ls","args":["-l"],"env":["A=1"],"timeout":"00:00:10","captureOutput":false}""")]
    [InlineData("command", """{"command":"guest-ping"}""")]
    [InlineData("command", """{"command":"guest-file-close","arguments":{"handle":7}}""")]
    public void What_is_stored_is_read_again(string kind, string json)
    {
        var (options, errors) = RunKind.Find(kind)!.ParseOptions(JsonDocument.Parse(json).RootElement);
        Assert.Empty(errors);
        Assert.Equal(CountOrPercent.None, options!.MaxFailures);
        var stored = JsonSerializer.Serialize(options, RunJson.Default.RunOptions);
        Assert.Equal(
            stored,
            JsonSerializer.Serialize(JsonSerializer.Deserialize(stored, RunJson.Default.RunOptions), RunJson.Default.RunOptions)
        );
    }

    [Fact]
    public void A_process_has_five_minutes_and_its_output_is_captured_unless_told_otherwise()
    {
        var exec = ExecKind.Kind.ParseOptions(JsonDocument.Parse("""{"path":"/bin/true"}""").RootElement).Options!.Exec!;
        Assert.Equal((TimeSpan.FromMinutes(5), true), (exec.Timeout, exec.CaptureOutput));
    }

    [Theory]
    [InlineData("exec", "{}", "path")]
    [InlineData("exec", """{"path":"x","env":["A"]}""", "env")]
    [InlineData("exec", """{"path":"x","args":"-l"}""", "args")]
    [InlineData("command", "{}", "command")]
    [InlineData("command", """{"command":"guest-ping","arguments":[]}""", "arguments")]
    public void What_is_wrong_is_named(string kind, string json, string name)
    {
        var (options, errors) = RunKind.Find(kind)!.ParseOptions(JsonDocument.Parse(json).RootElement);
        Assert.Null(options);
        Assert.StartsWith(name + ":", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void An_environments_values_are_apart_from_what_is_journalled()
    {
        var options = ExecKind
            .Kind.ParseOptions(JsonDocument.Parse("""{"path":"id","env":["TOKEN=hunter2=","LANG=C"]}""").RootElement)
            .Options!;

        var (journalled, secrets) = ExecKind.Kind.Part(options);

        Assert.DoesNotContain(
            "hunter2", JsonSerializer.Serialize(journalled, RunJson.Default.RunOptions), StringComparison.Ordinal);
        Assert.Equal(["TOKEN", "LANG"], ExecKind.Kind.EnvNames(journalled));
        Assert.Equal(["TOKEN=hunter2=", "LANG=C"], secrets!.Env!);
        Assert.Equal("***", $"{secrets}");
        Assert.Null(ExecKind.Kind.Part(journalled).Secrets);
    }

    /// <summary>An earlier version journalled the environment: such a run goes on with it.</summary>
    [Fact]
    public void A_journal_that_holds_an_environment_is_read_for_good()
    {
        var started = Assert.IsType<RunEvent.RunStarted>(Stored.Read("run.started.v1", Golden.Read("run.started.v1.env.json")));
        Assert.Equal(["TOKEN=old", "LANG=C"], started.Options.Exec!.Env!);
        Assert.Equal(Golden.Read("run.started.v1.env.json"), Stored.Write(started).Json);
    }

    [Fact]
    public void What_is_wrong_with_a_secret_option_does_not_show_it()
    {
        var error = Assert.Single(
            ExecKind.Kind.ParseOptions(JsonDocument.Parse("""{"path":"id","env":"TOKEN=hunter2"}""").RootElement).Errors
        );
        Assert.StartsWith("env: ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit code 3: hunter2", "exit code 3")]
    [InlineData("ended by signal 9: hunter2: x", "ended by signal 9")]
    [InlineData("the agent was not heard: why", "the agent was not heard: why")]
    public void A_reason_is_told_without_what_the_process_said(string reason, string told) =>
        Assert.Equal(told, ExecKind.WithoutWords(reason));

    [Theory]
    [InlineData(0, null, null)]
    [InlineData(3, null, "exit code 3: no such file")]
    [InlineData(null, 9, "ended by signal 9: no such file")]
    [InlineData(null, null, "it ended, and the agent did not say how")]
    public void A_process_succeeds_by_its_exit_code_alone(int? code, int? signal, string? reason) =>
        Assert.Equal(reason, ExecKind.Judge(new ExecEnd(code, signal), "no such file")?.Reason);
}
