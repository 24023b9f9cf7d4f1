using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Qemu.Tests.Agent.Commands;

/// <summary>What the code sends and reads for a command, as <see cref="Schema"/> writes it.</summary>
internal static class CodeShape
{
    private static readonly Dictionary<Type, string> _scalars = new()
    {
        [typeof(long)] = "int",
        [typeof(ulong)] = "uint64",
        [typeof(ushort)] = "uint16",
        [typeof(double)] = "number",
        [typeof(string)] = "str",
        [typeof(bool)] = "bool",
        [typeof(byte[])] = "base64",
        [typeof(ReadOnlyMemory<byte>)] = "base64",
        [typeof(Secret)] = "base64",
    };

    public static IReadOnlyList<string> Members(AgentCommand command, Schema schema)
    {
        List<string> lines = [];
        if (command.Arguments is { } arguments)
            Members("takes ", arguments, schema, lines);
        if (command.Returns is { } returns)
            Expand("returns ", returns.Type, schema, lines);
        return [.. lines.Order(StringComparer.Ordinal)];
    }

    private static void Members(string path, JsonTypeInfo type, Schema schema, List<string> lines)
    {
        foreach (var member in type.Properties.Where(member => member.Get is not null)) // others are ignored
            Expand($"{path}{(member.IsRequired ? "" : "*")}{member.Name}", member.PropertyType, schema, lines);
    }

    private static void Expand(string path, Type type, Schema schema, List<string> lines)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (Scalar(type, schema) is { } scalar)
        {
            lines.Add($"{path}: {scalar}");
            return;
        }
        var info = AgentJson.Default.GetTypeInfo(type) ?? throw new InvalidOperationException($"{path}: no shape for {type}");
        if (info.Kind == JsonTypeInfoKind.Enumerable)
            Expand(path + "[]", type.GetGenericArguments()[0], schema, lines);
        else
            Members(path + ".", info, schema, lines);
    }

    private static string? Scalar(Type type, Schema schema) => type switch
    {
        _ when _scalars.TryGetValue(type, out var name) => name,
        _ when type == typeof(FileWhence) => $"int or {Sorted(schema.Words.Where(IsWhence))}",
        _ when type == typeof(ExecCapture) => $"bool or {Words(type)}",
        { IsEnum: true } =>
            Sorted(Enum.GetNames(type).Where(name => name != "Unknown").Select(JsonNamingPolicy.KebabCaseLower.ConvertName)),
        { IsValueType: true } => Words(type),
        _ => null,
    };

    private static bool IsWhence(string word)
    {
        try
        {
            AgentJson.Read(
                JsonSerializer.SerializeToUtf8Bytes(
                    new
                    {
                        handle = 1,
                        offset = 0,
                        whence = word,
                    }
                ),
                AgentJson.Default.FileSeekArguments
            );
            return true;
        }
        catch (NotUnderstoodException)
        {
            return false;
        }
    }

    /// <summary>A type of words has each as a static property of its own type.</summary>
    private static string Words(Type type) => Sorted(type.GetProperties(BindingFlags.Public | BindingFlags.Static)
        .Where(property => property.PropertyType == type).Select(property => property.GetValue(null)!.ToString()!));

    private static string Sorted(IEnumerable<string> words) => string.Join(' ', words.Order(StringComparer.Ordinal));
}
