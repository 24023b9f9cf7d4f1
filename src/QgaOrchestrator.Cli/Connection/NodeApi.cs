using System.Text.Json;

namespace QgaOrchestrator.Cli.Connection;

/// <summary>Node.Api of a node's config file, with the environment before it as the node has it.</summary>
internal static class NodeApi
{
    public const string Default = "http://127.0.0.1:7070";

    /// <exception cref="FormatException">The file is no JSON object, or Node.Api no string.</exception>
    public static string Read(string file, Func<string, string?> environment)
    {
        if (environment("QGA__Node__Api") is { Length: > 0 } variable)
            return variable;
        try
        {
            using var document = JsonDocument.Parse(
                File.ReadAllBytes(file),
                new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip }
            );
            return
                Member(document.RootElement, "Node") is { } node
                && Member(node, "Api") is { ValueKind: not JsonValueKind.Null } api
                ? api.GetString()!
                : Default;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException($"{file}: {e.Message}", e);
        }
    }

    private static JsonElement? Member(JsonElement element, string name)
    {
        JsonElement? found = null;
        foreach (var member in element.EnumerateObject())
            if (string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase))
                found = member.Value;
        return found;
    }
}
