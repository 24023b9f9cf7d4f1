using System.Text.Json;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Kinds.Exec;
using QgaOrchestrator.Core.Kinds.Exec;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Kinds;

/// <summary>The options of the kinds that call a guest's agent: command and exec.</summary>
public class GuestKindsTests
{
    private static readonly ExecRunKind Exec = new();

    [Theory]
    [InlineData("exec", """{"path":"/bin/true"}""")]
    [InlineData("exec", """{"path":"/bin/ls","args":["-l"],"env":["A=1"],"timeout":"00:00:10","captureOutput":false}""")]
    [InlineData("command", """{"command":"guest-ping"}""")]
    [InlineData("command", """{"command":"guest-file-close","arguments":{"handle":7}}""")]
    public void What_is_stored_is_read_again(string kind, string json)
    {
        var (options, errors) = RunKinds.Known.Find(kind)!.ParseOptions(JsonDocument.Parse(json).RootElement);
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
        var exec = ExecOptions.Of(Exec.ParseOptions(JsonDocument.Parse("""{"path":"/bin/true"}""").RootElement).Options!)!;
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
        var (options, errors) = RunKinds.Known.Find(kind)!.ParseOptions(JsonDocument.Parse(json).RootElement);
        Assert.Null(options);
        Assert.StartsWith(name + ":", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void An_environments_values_are_apart_from_what_is_journalled()
    {
        var options = Exec.ParseOptions(
            JsonDocument.Parse("""{"path":"id","env":["TOKEN=hunter2=","LANG=C"]}""").RootElement
        ).Options!;

        var (journalled, secrets) = Exec.Part(options);

        Assert.DoesNotContain(
            "hunter2", JsonSerializer.Serialize(journalled, RunJson.Default.RunOptions), StringComparison.Ordinal);
        Assert.Equal("the env TOKEN, LANG", Exec.SecretsOf(journalled));
        Assert.Equal(["TOKEN", "LANG"], ExecOptions.Of(journalled)!.EnvNames!);
        Assert.Equal(["TOKEN=hunter2=", "LANG=C"], ExecSecrets.Of(secrets)!.Env);
        Assert.Equal("***", $"{secrets}");
        Assert.Null(Exec.Part(journalled).Secrets);
    }

    [Fact]
    public void An_error_about_a_secret_option_does_not_show_its_value()
    {
        var error = Assert.Single(
            Exec.ParseOptions(JsonDocument.Parse("""{"path":"id","env":"TOKEN=hunter2"}""").RootElement).Errors
        );
        Assert.StartsWith("env: ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }
}
