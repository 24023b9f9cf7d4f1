using System.Text.Json.Nodes;
using Akka.Actor;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Core.Kinds.Exec;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Kinds.Exec;

/// <summary>Kind exec: one process on each VM, to its end.</summary>
public sealed class ExecRunKind : RunKind
{
    public override string Name => ExecKind.Name;

    public override string Help => "runs one process on each VM, to its end";

    public override IReadOnlyList<RunStep> Steps => [ExecKind.Start, ExecKind.Wait];

    public override IReadOnlyList<OptionInfo> OwnOptions => ExecKind.Options;

    public override IReadOnlyList<ResultColumn> ResultColumns { get; } =
        [new("exitCode", "EXIT CODE", ColumnFormat.Number), new("signal", "SIGNAL", ColumnFormat.Number)];

    public override IReadOnlyList<ResultFile> ResultFiles { get; } = [new("out"), new("err")];

    public override string ForViewers(string reason) => ExecKind.WithoutWords(reason);

    /// <summary>The environment's values apart from what is journalled.</summary>
    public override (RunOptions Journalled, RunSecrets? Secrets) Part(RunOptions options) =>
        ExecOptions.Of(options) is { Env: { Count: > 0 } env } exec
            ? (
                (exec with { Env = null, EnvNames = [.. env.Select(entry => entry.Split('=')[0])] }).In(options),
                new ExecSecrets(env).ToRun()
            )
            : (options, null);

    public override string? SecretsOf(RunOptions journalled) =>
        ExecOptions.Of(journalled)?.EnvNames is { Count: > 0 } names ? $"the env {string.Join(", ", names)}" : null;

    public override void Show(JsonObject own)
    {
        if (own.Remove("envNames", out var names)) own["env"] = names;
        if (own["env"] is JsonArray env)
            own["env"] = new JsonArray([.. env.Select(entry => (JsonNode)$"{$"{entry}".Split('=')[0]}=***")]);
    }

    public override string? InsteadOf(string command) => command is GuestExec.Name or GuestExecStatus.Name
        ? $"a run of kind {Name} starts a process and follows it to its end"
        : null;

    public override Props Worker(ItemPlace place) =>
        ActorProps.Of(() => new ExecItem(place.Order, place.Services, place.Channel));

    public override Props Checker(ItemPlace place) =>
        ActorProps.Of(() => new CallCheck(place, ExecKind.Start.Name, GuestExec.Name));

    protected override RunOptions Read(RunOptions run, RunOptionReader reader)
    {
        var path = reader.Text("path");
        if (string.IsNullOrWhiteSpace(path)) reader.Fail("path", "expected a program, as in /bin/true");
        var env = reader.Texts("env");
        if (env?.FirstOrDefault(entry => entry.IndexOf('=', StringComparison.Ordinal) < 1) is not null)
            reader.Fail("env", "expected NAME=VALUE each");
        return new ExecOptions(
            path ?? "",
            reader.Duration("timeout", ProcessTimeout.Shortest, ProcessTimeout.Longest) ?? ProcessTimeout.Default,
            reader.Flag("captureOutput", true),
            reader.Texts("args"),
            env
        ).In(run);
    }
}
