using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace QgaOrchestrator.Qemu.Descriptions.CommandLines;

/// <summary>
/// Secrets in the words that a machine is started with. A member is one by its name. What names a secret that is kept elsewhere
/// (key-secret=ID, file=PATH) is none.
/// </summary>
internal static partial class SecretText
{
    /// <summary>What is in the place of a secret.</summary>
    public const string Redacted = "REDACTED";

    private static readonly HashSet<string> Names =
    [
        "data", "key", "secret", "password", "passwd", "passphrase", "pass", "pw", "pin", "psk", "token", "cookie", "cipassword",
        "credential", "credentials",
    ];

    private static readonly string[] Endings = ["password", "passwd", "passphrase", "-key", "_key", "token"];

    private static readonly HashSet<string> Switches = ["", "on", "off", "yes", "no", "true", "false", Redacted];

    /// <summary>Whether a member of this name and value holds a secret.</summary>
    /// <param name="name">As in object.sec0.data: its last part counts.</param>
    public static bool IsSecret(string name, string value)
    {
        if (Switches.Contains(value)) return false;
        var last = name[(name.LastIndexOf('.') + 1)..].Trim().ToLowerInvariant();
        return Names.Contains(last) || Endings.Any(ending => last.EndsWith(ending, StringComparison.Ordinal));
    }

    /// <summary>Free text, as of a kernel's command line, an address or a file's name, without its secrets.</summary>
    public static string Redact(string text)
    {
        const string json = "json:";
        var at = text.StartsWith(json, StringComparison.Ordinal) ? json.Length : 0;
        if (text.Length > at && text[at] == '{')
        {
            List<string> found = [];
            if (!TryJson(text[at..], out var node)) return Redacted;
            Redact(node, found);
            return found.Count == 0 ? text : text[..at] + node.ToJsonString(Plain);
        }

        text = Login().Replace(text, login => login.Groups[1].Value + Redacted + "@");
        return Member().Replace(text, member =>
            IsSecret(member.Groups[2].Value, member.Groups[3].Value)
                ? member.Groups[1].Value + member.Groups[2].Value + "=" + Redacted
                : member.Value);
    }

    /// <summary>Takes the secrets out of JSON.</summary>
    /// <param name="found">Gets the names of their members.</param>
    public static void Redact(JsonNode node, List<string> found)
    {
        switch (node)
        {
            case JsonArray array:
                for (var i = 0; i < array.Count; i++)
                {
                    if (array[i] is JsonValue value && value.GetValueKind() == JsonValueKind.String)
                        array[i] = Text(value, found);
                    else if (array[i] is { } below) Redact(below, found);
                }

                break;
            case JsonObject members:
                foreach (var (name, value) in members.ToList())
                {
                    if (value is null) continue;
                    if (IsSecret(name, value is JsonValue one ? one.ToString() : "{}"))
                    {
                        members[name] = Redacted;
                        found.Add(name);
                    }
                    else if (value.GetValueKind() == JsonValueKind.String) members[name] = Text(value.AsValue(), found);
                    else Redact(value, found);
                }

                break;
        }
    }

    public static bool TryJson(string text, out JsonNode node)
    {
        try
        {
            node = JsonNode.Parse(text)!;
            return node is not null;
        }
        catch (JsonException)
        {
            node = null!;
            return false;
        }
    }

    /// <summary>As text for a command line: no escapes but those that JSON needs.</summary>
    public static JsonSerializerOptions Plain { get; } =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Text(JsonValue value, List<string> found)
    {
        var text = value.GetValue<string>();
        var clean = Redact(text);
        if (clean != text) found.Add("a text");
        return clean;
    }

    /// <summary>Whoever logs in at an address, as in ssh://user:password@host: with a password behind a colon or, as iSCSI's
    /// has it, behind a percent sign.</summary>
    [GeneratedRegex(@"(://)[^/@\s,]*[:%][^/@\s,]*@", RegexOptions.CultureInvariant)]
    private static partial Regex Login();

    /// <summary>As in rbd:pool/image:id=admin:key=AQ==, ?token=x, or a kernel's password=x.</summary>
    [GeneratedRegex(@"(^|[\s:;&?,])([A-Za-z][\w.-]*)=((?:\\.|[^\s:;&,\\])+)", RegexOptions.CultureInvariant)]
    private static partial Regex Member();
}
