using System.Text.Json;
using System.Text.Json.Serialization;
using QgaOrchestrator.Qemu.Descriptions;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;

/// <summary>A QEMU as it was started: cmdline.json. Members are a stored format.</summary>
/// <param name="Arguments">The program is the first.</param>
/// <param name="Directory">Where relative paths begin; null: it is not known.</param>
internal sealed record CommandLineFile(IReadOnlyList<string> Arguments, string? Directory)
{
    public const string Name = "cmdline.json";

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, CommandLineJson.Default.CommandLineFile);

    /// <exception cref="MachineException">It is none.</exception>
    public static CommandLineFile Read(KeptFile file)
    {
        try
        {
            return JsonSerializer.Deserialize(file.Bytes.Span, CommandLineJson.Default.CommandLineFile)
                is { Arguments.Count: > 0 } line
                ? line
                : throw new JsonException("it has no arguments");
        }
        catch (JsonException e)
        {
            throw new MachineException(
                $"{file.Name} is no command line: {e.Message}", "Make the VM by hand, with the restored images", e);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CommandLineFile))]
internal sealed partial class CommandLineJson : JsonSerializerContext;
