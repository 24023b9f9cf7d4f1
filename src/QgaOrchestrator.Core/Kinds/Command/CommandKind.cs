using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Kinds.Command;

/// <summary>Kind command: one agent command on each VM.</summary>
public static class CommandKind
{
    public const string Name = "command";

    public static IReadOnlyList<OptionInfo> Options { get; } =
    [
        new("command", "COMMAND", null, "the agent command, as in guest-get-osinfo"),
        new("arguments", "OBJECT", null, "its arguments as on the wire") { IsForOperators = true },
    ];

    public static readonly RunStep Call = new(
        "call",
        "sends the command to the guest's agent, once",
        "nothing is undone",
        "the result's file tells whether it was sent; a command that is safe to repeat is repeated, any other ends unknown");
}
