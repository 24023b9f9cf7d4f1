using System.Text.Json.Nodes;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Core.Kinds.Exec;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Cli.Kinds.Exec;

/// <summary>A run of processes shows the command line.</summary>
internal static class ExecDisplay
{
    public static KindDisplay Instance { get; } = new(ExecKind.Name)
    {
        HasResults = true,
        Defaults = CommonOptions.Defaults(default, ExecKind.Options),
        // The values of the environment are secret.
        WorkMembers = ["path", "args", "env"],
        Work = options => options["path"] is { } path
            ? string.Join(' ', [$"{path}", .. (options["args"] as JsonArray ?? []).Select(word => Quoted($"{word}"))])
            : null,
    };

    private static string Quoted(string word) =>
        word.Length > 0 && !word.Any(c => char.IsWhiteSpace(c) || c is '\'' or '"' or '$' or ';' or '|' or '&')
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
