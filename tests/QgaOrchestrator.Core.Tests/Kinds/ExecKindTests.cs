using QgaOrchestrator.Core.Kinds.Exec;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Tests.Runs;

namespace QgaOrchestrator.Core.Tests.Kinds;

public class ExecKindTests
{
    /// <summary>An earlier version journalled the environment: such a run goes on with it.</summary>
    [Fact]
    public void A_journal_that_holds_an_environment_is_read_for_good()
    {
        var started = Assert.IsType<RunEvent.RunStarted>(Stored.Read("run.started.v1", Golden.Read("run.started.v1.env.json")));
        Assert.Equal(["TOKEN=old", "LANG=C"], ExecOptions.Of(started.Options)!.Env!);
        Assert.Equal(Golden.Read("run.started.v1.env.json"), Stored.Write(started).Json);
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
