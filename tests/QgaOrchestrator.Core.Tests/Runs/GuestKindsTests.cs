using System.Text.Json;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Kinds;

namespace QgaOrchestrator.Core.Tests.Runs;

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
        Assert.Equal(Amount.None, options!.MaxFailures);
        var stored = JsonSerializer.Serialize(options, RunJson.Default.RunOptions);
        Assert.Equal(stored, JsonSerializer.Serialize(JsonSerializer.Deserialize(stored, RunJson.Default.RunOptions), RunJson.Default.RunOptions));
    }

    [Fact]
    public void A_process_has_five_minutes_and_its_output_is_captured_unless_told_otherwise()
    {
        var exec = Exec.Kind.ParseOptions(JsonDocument.Parse("""{"path":"/bin/true"}""").RootElement).Options!.Exec!;
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

    [Theory]
    [InlineData(0, null, null)]
    [InlineData(3, null, "exit code 3: no such file")]
    [InlineData(null, 9, "ended by signal 9: no such file")]
    [InlineData(null, null, "it ended, and the agent did not say how")]
    public void A_process_succeeds_by_its_exit_code_alone(int? code, int? signal, string? reason) =>
        Assert.Equal(reason, Exec.Judge(new ExecEnd(code, signal), "no such file")?.Reason);
}
