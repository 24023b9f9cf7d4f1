using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Qemu.Descriptions.CommandLines;

/// <summary>
/// The members of one option's value, as in <c>driver=qcow2,file.filename=/a</c>, where a comma of a value is doubled, or in
/// JSON, whose nested members have names with dots here. A first word without = keeps its place without a name.
/// </summary>
internal sealed class OptionMembers
{
    private readonly List<(string Name, string Value)> _members;

    private OptionMembers(List<(string, string)> members) => _members = members;

    public IEnumerable<(string Name, string Value)> All => _members;

    /// <summary>Null: there is none of that name.</summary>
    public string? this[string name] => _members.FirstOrDefault(member => member.Name == name).Value;

    /// <returns>Null: it is no such value.</returns>
    public static OptionMembers? Parse(string value)
    {
        List<(string, string)> members = [];
        if (value is ['{', ..])
        {
            if (!SecretText.TryJson(value, out var node) || node is not JsonObject) return null;
            Flatten("", node, members);
            return new(members);
        }

        foreach (var member in Split(value))
        {
            var (name, text) = Pair(member);
            members.Add(text is null ? ("", Plain(member)) : (name, Plain(text)));
        }

        return new(members);
    }

    /// <summary>In its place where it is there, else at the end.</summary>
    public void Set(string name, string value)
    {
        var at = _members.FindIndex(member => member.Name == name);
        if (at >= 0) _members[at] = (name, value);
        else _members.Add((name, value));
    }

    /// <param name="which">By their names.</param>
    public void Remove(Predicate<string> which) => _members.RemoveAll(member => member.Name.Length > 0 && which(member.Name));

    public override string ToString() => string.Join(',', _members.Select(member =>
        (member.Name.Length == 0 ? "" : member.Name + "=") + Doubled(member.Value)));

    /// <summary>As they are written, with doubled commas.</summary>
    internal static IReadOnlyList<string> Split(string value)
    {
        var (parts, part) = (new List<string>(), new StringBuilder());
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] != ',') part.Append(value[i]);
            else if (i + 1 < value.Length && value[i + 1] == ',')
            {
                part.Append(",,");
                i++;
            }
            else
            {
                parts.Add(part.ToString());
                part.Clear();
            }
        }

        parts.Add(part.ToString());
        return parts;
    }

    internal static (string Name, string? Value) Pair(string member) =>
        member.Split('=', 2) is [var name, var value] ? (name, value) : (member, null);

    internal static string Doubled(string text) => text.Replace(",", ",,", StringComparison.Ordinal);

    internal static string Plain(string text) => text.Replace(",,", ",", StringComparison.Ordinal);

    private static void Flatten(string name, JsonNode? node, List<(string, string)> members)
    {
        switch (node)
        {
            case JsonObject nested:
                foreach (var (key, value) in nested) Flatten(name.Length == 0 ? key : $"{name}.{key}", value, members);
                break;
            case JsonArray array:
                for (var i = 0; i < array.Count; i++) Flatten($"{name}.{i}", array[i], members);
                break;
            case not null:
                members.Add((name, node.GetValueKind() switch
                {
                    JsonValueKind.True => "on",
                    JsonValueKind.False => "off",
                    _ => node.ToString(),
                }));
                break;
        }
    }
}
