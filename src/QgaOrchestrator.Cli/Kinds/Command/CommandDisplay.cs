using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Core.Kinds.Command;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Cli.Kinds.Command;

/// <summary>A run of agent calls shows the command and its arguments.</summary>
internal static class CommandDisplay
{
    private static readonly JsonSerializerOptions _asTyped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static KindDisplay Instance { get; } = new(CommandKind.Name)
    {
        HasResults = true,
        Defaults = CommonOptions.Defaults(default, CommandKind.Options),
        WorkMembers = ["command", "arguments"],
        Work = options => options["command"] is { } command
            ? $"{command}{(options["arguments"] is JsonObject { Count: > 0 } given ? $" {given.ToJsonString(_asTyped)}" : "")}"
            : null,
    };
}
