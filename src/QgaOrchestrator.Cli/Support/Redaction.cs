using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Kinds;
using QgaOrchestrator.Cli.Runs;

namespace QgaOrchestrator.Cli.Support;

/// <summary>
/// What of a config and of a run may leave the site: what is known to be no secret. All else becomes <see cref="Hidden"/>, so a
/// misspelled key, a new option or a new kind of run gives nothing away.
/// </summary>
internal static class Redaction
{
    public const string Hidden = "***";

    private static readonly HashSet<string> ConfigSections =
        new(["Node", "Fleet", "Freeze", "Policy", "Cluster"], StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> StoreKeys =
        new(["Provider", "Keep", "PasswordFile", "TokenCache"], StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> ConnectionKeys = new(
        ["Host", "Server", "Port", "Database", "Username", "User Id", "SSL Mode", "Root Certificate"],
        StringComparer.OrdinalIgnoreCase);

    private static readonly string[] SecretWords =
        ["password", "secret", "token", "env", "arguments", "args", "pwd", "credential"];

    private static readonly HashSet<string> CommonOptions =
    [
        "maxParallel", "maxParallelPerHost", "maxParallelPerLabel", "maxParallelPerTarget", "maxFailures", "maxUnreachable",
        "canary", "waves", "soak", "unreachableAfter", "deadline", "dryRun",
    ];

    /// <param name="json">A node's config; comments are left out.</param>
    /// <exception cref="JsonException">It is no JSON object.</exception>
    public static JsonObject Config(string json)
    {
        var options = new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };
        if (JsonNode.Parse(json, null, options) is not JsonObject config) throw new JsonException("It is no JSON object.");
        var shown = new JsonObject();
        foreach (var (section, value) in config)
            shown[section] = section.Equals("Store", StringComparison.OrdinalIgnoreCase) && value is JsonObject store
                ? Store(store)
                : ConfigSections.Contains(section) ? Shown(value)
                : Hidden;
        return shown;
    }

    /// <summary>A run without what its guests are given.</summary>
    public static Run Of(Run run)
    {
        if (run.Options is not { } options) return run;
        var shown = new JsonObject();
        var own = KindOf(run.Kind)?.PlainOptions;
        foreach (var (name, value) in options)
            shown[name] = CommonOptions.Contains(name) || own?.Contains(name) == true ? value?.DeepClone() : Hidden;
        return run with { Options = shown, Reason = Words(run.Kind, run.Reason), Warnings = null };
    }

    /// <summary>An item without what its guest said.</summary>
    public static ItemStatus Of(ItemStatus item, string kind) => item with
    {
        Reason = Words(kind, item.Reason),
        Remedy = Words(kind, item.Remedy),
        Note = Words(kind, item.Note),
        Values = null,
    };

    private static CliKind? KindOf(string name) => KindCommands.All.FirstOrDefault(kind => kind.Display.Kind == name);

    private static string? Words(string kind, string? words) =>
        words is null || KindOf(kind) is { HasOwnReasons: true } ? words : Hidden;

    private static JsonObject Store(JsonObject store)
    {
        var shown = new JsonObject();
        foreach (var (key, value) in store)
            shown[key] = key.Equals("ConnectionString", StringComparison.OrdinalIgnoreCase) && value is JsonValue text
                && text.TryGetValue<string>(out var connection)
                    ? Connection(connection)
                    : StoreKeys.Contains(key) || value is null ? value?.DeepClone() : Hidden;
        return shown;
    }

    /// <summary>A value with quotes may hold a semicolon: then nothing of the string is shown.</summary>
    private static string Connection(string connection) => connection.AsSpan().ContainsAny('"', '\'')
        ? Hidden
        : string.Join(";", connection.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(pair =>
            pair.Split('=', 2) is [var key, var value] && ConnectionKeys.Contains(key.Trim()) ? $"{key}={value}" : Hidden));

    private static JsonNode? Shown(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(
            member.Key, IsSecret(member.Key) && member.Value is not null ? (JsonNode?)Hidden : Shown(member.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Shown)]),
        JsonValue value when value.TryGetValue<string>(out var text) && HoldsPassword(text) => Hidden,
        _ => node?.DeepClone(),
    };

    private static bool IsSecret(string key) =>
        Array.Exists(SecretWords, word => key.Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>An address with a user and a password in it.</summary>
    private static bool HoldsPassword(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.UserInfo.Contains(':', StringComparison.Ordinal);
}
