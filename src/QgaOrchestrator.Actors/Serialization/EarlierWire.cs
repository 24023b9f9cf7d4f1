using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace QgaOrchestrator.Actors.Serialization;

/// <summary>
/// Messages of the release before. It named the members that a run's kind adds as its C# types do
/// (<c>"Backup":{"Method":"full"}</c>, <c>"FrozenMs":5</c>); now they have the names that the journal has.
/// </summary>
internal static class EarlierWire
{
    private static readonly HashSet<string> _ofOptions = NamesOf(WireJson.Default.RunOptions),
        _ofOutcome = NamesOf(WireJson.Default.ItemOutcome);

    /// <summary>The same message with the names of today. Names that are so already stay.</summary>
    public static byte[] Renamed(byte[] message)
    {
        var root = JsonNode.Parse(message)!.AsObject();
        if (root["Options"] is JsonObject options) RenameOwn(options, _ofOptions);
        if (root["Secrets"] is JsonObject secrets) RenameOwn(secrets, new HashSet<string>());
        foreach (var outcome in new[] { root["Outcome"], root["Order"]?["Voided"], root["Report"]?["Failing"] })
            if (outcome is JsonObject members) RenameOwn(members, _ofOutcome);
        return JsonSerializer.SerializeToUtf8Bytes(root, WireJson.Default.JsonObject);
    }

    /// <param name="engines">The members that are not the kind's own.</param>
    private static void RenameOwn(JsonObject members, HashSet<string> engines)
    {
        foreach (var (name, value) in members.ToArray())
        {
            if (engines.Contains(name)) continue;
            members.Remove(name);
            members[JsonNamingPolicy.CamelCase.ConvertName(name)] = value;
            foreach (var (inner, of) in (value as JsonObject ?? []).ToArray())
            {
                ((JsonObject)value!).Remove(inner);
                value[JsonNamingPolicy.CamelCase.ConvertName(inner)] = of;
            }
        }
    }

    private static HashSet<string> NamesOf(JsonTypeInfo type) =>
        [.. type.Properties.Where(member => !member.IsExtensionData).Select(member => member.Name)];
}
