using System.Text.Json;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Node.Http;

/// <summary>What a run of agent commands may not do: the journal holds its options, and a freeze needs a window.</summary>
public static class CommandRuns
{
    public static IEnumerable<string> Faults(RunOptions options) =>
        options.Command is { } run ? Faults(run.Command, run.Arguments) : [];

    private static IEnumerable<string> Faults(string command, JsonElement? arguments)
    {
        if (Instead(command) is { } instead) yield return $"command: {command} is not for a run; {instead}";
        if (AgentCommands.Find(command) is { } listed)
        {
            foreach (
                var fault in ArgumentCheck.Faults(
                    listed,
                    arguments is { } given ? JsonSerializer.SerializeToUtf8Bytes(given) : default
                )
            )
                yield return $"arguments.{fault}";
        }
        foreach (var secret in AgentCommands.Find(command)?.SecretArguments ?? [])
            if (arguments?.TryGetProperty(secret, out _) == true)
                yield return $"arguments.{secret}: a secret, and a run's options are journalled; use {Alone(command)}";
    }

    private static string? Instead(string command) => command switch
    {
        "guest-fsfreeze-freeze" or "guest-fsfreeze-freeze-list" => "a run of kind backup freezes, cuts and thaws",
        "guest-sync" or "guest-sync-delimited" => "the channel is always in sync",
        "guest-exec" or "guest-exec-status" => "a run of kind exec starts a process and follows it to its end",
        _ => null,
    };

    private static string Alone(string command) => command == "guest-set-user-password"
        ? "qgactl vm passwd, or a run of kind password-reset"
        : "qgactl vm call for each VM, which takes it from standard input";
}
