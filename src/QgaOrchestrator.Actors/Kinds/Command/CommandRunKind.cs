using System.Text.Json;
using Akka.Actor;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Core.Kinds.Command;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Kinds.Command;

/// <summary>Kind command: one agent command on each VM.</summary>
/// <param name="insteadOf">How another kind of run does what this command must not do alone, a clause; null: none
/// does.</param>
public sealed class CommandRunKind(Func<string, string?> insteadOf) : RunKind
{
    public override string Name => CommandKind.Name;

    public override string Help => "sends one agent command to each VM";

    public override IReadOnlyList<RunStep> Steps => [CommandKind.Call];

    public override IReadOnlyList<OptionInfo> OwnOptions => CommandKind.Options;

    public override IReadOnlyList<ResultFile> ResultFiles { get; } = [new("return", "application/json")];

    public override Props Worker(ItemPlace place) =>
        ActorProps.Of(() => new CommandItem(place.Order, place.Services, place.Channel));

    public override Props Checker(ItemPlace place) =>
        ActorProps.Of(() => new CallCheck(place, CommandKind.Call.Name, CommandOptions.Of(place.Order.Options)!.Command));

    protected override RunOptions Read(RunOptions run, RunOptionReader reader)
    {
        var command = reader.Text("command");
        if (string.IsNullOrWhiteSpace(command)) reader.Fail("command", "expected an agent command, as in guest-ping");
        var read = new CommandOptions(command ?? "", reader.Json("arguments"));
        if (reader.Errors.Count == 0) Refuse(read, reader);
        return read.In(run);
    }

    /// <summary>What a run may not do: the journal holds its options, and a freeze needs a window.</summary>
    private void Refuse(CommandOptions run, RunOptionReader reader)
    {
        if (Instead(run.Command) is { } instead) reader.Fail("command", $"{run.Command} is not for a run; {instead}");
        if (AgentCommands.Find(run.Command) is not { } listed) return;
        foreach (
            var fault in ArgumentCheck.Faults(
                listed, run.Arguments is { } given ? JsonSerializer.SerializeToUtf8Bytes(given) : default)
        )
            reader.Fail($"arguments.{fault}");
        foreach (var secret in listed.SecretArguments)
            if (run.Arguments?.TryGetProperty(secret, out _) == true)
                reader.Fail(
                    $"arguments.{secret}", $"a secret, and a run's options are journalled; use {Alone(run.Command)}");
    }

    private string? Instead(string command) => command is "guest-sync" or "guest-sync-delimited"
        ? "qgad synchronizes the channel itself"
        : insteadOf(command);

    private static string Alone(string command) => command == "guest-set-user-password"
        ? "qgactl vm passwd"
        : "qgactl vm call for each VM, which takes it from standard input";
}
