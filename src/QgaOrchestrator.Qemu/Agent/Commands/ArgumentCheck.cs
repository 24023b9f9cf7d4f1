using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// What an agent would refuse, or worse, take for something else, told before it is sent. A fault names the member, what was
/// given and what would be right, never a text that was given: it may be a secret.
/// </summary>
public static class ArgumentCheck
{
    private const string Signed = "a whole number (int64, no fraction, no exponent)";
    private const string HalfAPair = "half a surrogate pair; whole characters are right";
    private const string Unsigned = "a whole number (uint64, no sign, no fraction, no exponent)";

    /// <summary>Each as "member: what is wrong with it"; none where all is well.</summary>
    /// <param name="command">One that is listed: of another nothing is known.</param>
    /// <param name="json">A UTF-8 JSON object, or empty for none.</param>
    public static IReadOnlyList<string> Faults(AgentCommand command, ReadOnlyMemory<byte> json)
    {
        ArgumentNullException.ThrowIfNull(command);
        List<string> faults = [];
        using var document = JsonDocument.Parse(json.IsEmpty ? "{}"u8.ToArray() : json);
        Members(command.Name, command.Arguments, document.RootElement, "", faults);
        return faults;
    }

    /// <summary>What is right for newer agents alone, as "member: what to send instead"; null where nothing is.</summary>
    /// <param name="agent">The agent's version; null, and nothing is said.</param>
    public static string? TooNew(AgentCommand command, ReadOnlyMemory<byte> json, Version? agent)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (json.IsEmpty || agent is null || command.Words is not { } words || agent >= words.Since) return null;
        using var document = JsonDocument.Parse(json);
        return document.RootElement.TryGetProperty(words.Member, out var given) && given.ValueKind == JsonValueKind.String
            ? $"{words.Member}: given a word, which agents take since QEMU {words.Since}, and this one is of QEMU {agent}; "
                + $"{words.Instead} is right for all"
            : null;
    }

    private static void Members(string whose, JsonTypeInfo? type, JsonElement given, string path, List<string> faults)
    {
        // A member that our code does not write is none of the wire's.
        var known = type?.Properties.Where(member => member.Get is not null).ToDictionary(member => member.Name) ?? [];
        if (given.EnumerateObject().Any(member => !IsText(JsonMarshal.GetRawUtf8PropertyName(member))))
        {
            faults.Add($"{path}?: a member's name holds {HalfAPair}");
            return;
        }
        foreach (var member in given.EnumerateObject())
        {
            if (known.TryGetValue(member.Name, out var property))
                Value(property.PropertyType, member.Value, path + member.Name, faults);
            else
                faults.Add(
                    $"{path}{member.Name}: {whose} has no such member; "
                        + $"{(known.Count == 0 ? "it takes none" : $"it takes {string.Join(", ", known.Keys)}")}"
                );
        }
        foreach (var (name, property) in known)
        {
            if (property.IsRequired && !given.TryGetProperty(name, out _))
                faults.Add($"{path}{name}: missing; {Right(property.PropertyType)} is right");
        }
    }

    private static void Value(Type type, JsonElement given, string path, List<string> faults)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (given.ValueKind == JsonValueKind.String && !IsText(JsonMarshal.GetRawUtf8Value(given)))
        {
            faults.Add($"{path}: given {HalfAPair}");
            return;
        }
        if (!Is(type, given))
        {
            faults.Add($"{path}: given {Kind(type, given)}; {Right(type)} is right");
            return;
        }
        var info = AgentJson.Default.GetTypeInfo(type)!;
        switch (info.Kind)
        {
            case JsonTypeInfoKind.Enumerable when type != typeof(byte[]):
                foreach (var (at, element) in given.EnumerateArray().Index())
                    Value(info.ElementType!, element, $"{path}[{at}]", faults);
                break;
            case JsonTypeInfoKind.Object:
                Members(path, info, given, path + ".", faults);
                break;
        }
    }

    private static bool Is(Type type, JsonElement given) => given.ValueKind switch
    {
        JsonValueKind.Number when type == typeof(long) => given.TryGetInt64(out _),
        JsonValueKind.Number when type == typeof(ulong) => given.TryGetUInt64(out _),
        JsonValueKind.Number when type == typeof(FileWhence) => given.TryGetInt64(out var number) && number is >= 0 and <= 2,
        JsonValueKind.String when type == typeof(string) => true,
        JsonValueKind.String when IsBase64(type) => HoldsBase64(JsonMarshal.GetRawUtf8Value(given)),
        JsonValueKind.String when type == typeof(FileWhence) => given.GetString() is "set" or "cur" or "end",
        JsonValueKind.String when type == typeof(ExecCapture) =>
            given.GetString() is "none" or "stdout" or "stderr" or "separated" or "merged",
        JsonValueKind.True or JsonValueKind.False => type == typeof(bool) || type == typeof(ExecCapture),
        JsonValueKind.Array => IsList(type),
        JsonValueKind.Object => Scalar(type) is null && !IsList(type),
        _ => false,
    };

    /// <summary>JSON's grammar lets half a surrogate pair pass, escaped; no agent does, and neither does our own
    /// reader.</summary>
    /// <param name="raw">As it was given, its escapes too.</param>
    private static bool IsText(ReadOnlySpan<byte> raw) => JsonText.HalfAPair(raw, 0) < 0;

    /// <summary>It is not decoded: it may be a secret, and what is decoded would have to be overwritten.</summary>
    /// <param name="raw">With its quotation marks and escapes.</param>
    private static bool HoldsBase64(ReadOnlySpan<byte> raw)
    {
        if (!raw.Contains((byte)'\\')) return Base64.IsValid(raw[1..^1]);
        // Some write a slash as \/. What is unescaped is no longer than it was.
        var reader = new Utf8JsonReader(raw);
        reader.Read();
        var plain = GC.AllocateUninitializedArray<byte>(raw.Length, pinned: true);
        try
        {
            return Base64.IsValid(plain.AsSpan(0, reader.CopyString(plain)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>Those of the arguments that no log, journal or command line may hold.</summary>
    /// <param name="json">A UTF-8 JSON object, or empty for none.</param>
    public static IReadOnlyList<string> Secrets(AgentCommand command, ReadOnlyMemory<byte> json)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (json.IsEmpty || command.SecretArguments.Count == 0) return [];
        using var document = JsonDocument.Parse(json);
        return [.. command.SecretArguments.Where(secret => document.RootElement.TryGetProperty(secret, out _))];
    }

    private static bool IsBase64(Type type) =>
        type == typeof(byte[]) || type == typeof(ReadOnlyMemory<byte>) || type == typeof(Secret);

    private static bool IsList(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>);

    private static string Right(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return Scalar(type) ?? (IsList(type) ? "a list" : "an object");
    }

    private static string? Scalar(Type type) => type switch
    {
        _ when type == typeof(long) => Signed,
        _ when type == typeof(ulong) => Unsigned,
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(string) => "a string",
        _ when type == typeof(FileWhence) => "0 or \"set\", 1 or \"cur\", 2 or \"end\"",
        _ when type == typeof(ExecCapture) => "true, false, \"none\", \"stdout\", \"stderr\", \"separated\" or \"merged\"",
        _ when IsBase64(type) => "a string of base64",
        _ => null,
    };

    private static string Kind(Type type, JsonElement given) => given.ValueKind switch
    {
        JsonValueKind.String when IsBase64(type) => "text that is no base64",
        JsonValueKind.String when type == typeof(FileWhence) || type == typeof(ExecCapture) => "another word",
        JsonValueKind.Null => "null, which agents refuse (leave the member out)",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number => $"the number {given.GetRawText()}",
        JsonValueKind.String => "a string",
        JsonValueKind.Array => "a list",
        _ => "an object",
    };
}
