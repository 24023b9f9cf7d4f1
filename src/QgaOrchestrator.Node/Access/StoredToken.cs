using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Node.Access;

/// <summary>One token as <c>tokens.json</c> holds it: no secret can be made of it.</summary>
/// <param name="Hash">SHA-256 of the secret, lower-case hex. The secret is 32 random bytes, so a salt would add nothing.</param>
/// <param name="LastUsed">Within ten minutes; null: never.</param>
internal sealed record StoredToken(
    string Name, Role Role, string Hash, DateTimeOffset Created, DateTimeOffset? Expires = null, DateTimeOffset? LastUsed = null);

/// <summary>The file. An added member is optional; anything else is a new version.</summary>
internal sealed record StoredTokens(int Version, IReadOnlyList<StoredToken> Tokens)
{
    public const int CurrentVersion = 1;
}

/// <summary>A missing member, or one that is not known, fails loudly: half a token is no token.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(RoleConverter)])]
[JsonSerializable(typeof(StoredTokens))]
internal sealed partial class StoredTokensJson : JsonSerializerContext;

internal sealed class RoleConverter : JsonConverter<Role>
{
    public override Role Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        RoleNames.Find(reader.GetString()) ?? throw new JsonException($"a role is one of {string.Join(", ", RoleNames.All)}");

    public override void Write(Utf8JsonWriter writer, Role value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Name());
}
