using System.Text.Json;
using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Kinds.Command;

/// <summary>Options of a run of one agent command. The journal holds them, so a secret never stands among the
/// arguments.</summary>
/// <param name="Command">As in guest-info.</param>
/// <param name="Arguments">As on the wire, an object; null: none.</param>
public sealed record CommandOptions(
    string Command, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Arguments = null);

/// <summary>Kind command: one agent command on each VM.</summary>
public static class CommandKind
{
    public const string Name = "command";

    public static readonly RunStep Call = new(
        "call",
        "sends the command to the guest's agent, once",
        "nothing is undone",
        "the result's file tells whether it was sent; a command that is safe to repeat is repeated, any other ends unknown");

    public static RunKind Kind { get; } = new(
        Name, NeedsSelector: true, MaxFailures: CountOrPercent.None, [Call], ["command", "arguments"], Read)
    {
        OperatorOptions = ["arguments"],
    };

    private static RunOptions Read(RunOptions options, RunOptionReader reader)
    {
        var command = reader.Text("command");
        if (string.IsNullOrWhiteSpace(command)) reader.Fail("command", "expected an agent command, as in guest-ping");
        return options with { Command = new CommandOptions(command ?? "", reader.Json("arguments")) };
    }
}
