using System.Text;
using System.Text.Json;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Guests;

/// <summary>
/// An agent command's arguments from the command line or, with -, from standard input. Every user of a machine can read
/// a command line, so secret arguments are taken from standard input alone.
/// </summary>
internal static class AgentArguments
{
    /// <returns>A UTF-8 JSON object, or empty for none.</returns>
    public static ReadOnlyMemory<byte> Read(string command, string? text, TextReader input)
    {
        if (text is null)
            return default;
        var bytes = Encoding.UTF8.GetBytes(text == "-" ? input.ReadToEnd() : text);
        if (text == "-" && string.IsNullOrWhiteSpace(Encoding.UTF8.GetString(bytes)))
            return default;
        try
        {
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new UsageException("The arguments are not a JSON object.", """As in '{"verbose": true}'""");
            if (
                text != "-"
                && AgentCommands.Find(command) is { } known
                && known.SecretArguments.Where(secret => document.RootElement.TryGetProperty(secret, out _)).ToList()
                    is { Count: > 0 } secrets
            )
                throw new UsageException(
                    $"{string.Join(", ", secrets)} of {command} is secret, and everybody can read a command line.",
                    $"Give the arguments on standard input: qgactl vm call VM {command} - < FILE"
                );
            return bytes;
        }
        catch (JsonException)
        {
            // The parser's message may quote what may be a secret.
            throw new UsageException("The arguments are not JSON.", """As in '{"verbose": true}'""");
        }
    }

    /// <summary>Those of the arguments that no log, journal or command line may hold.</summary>
    public static IReadOnlyList<string> Secrets(string command, ReadOnlyMemory<byte> arguments)
    {
        if (arguments.IsEmpty || AgentCommands.Find(command) is not { } known) return [];
        using var document = JsonDocument.Parse(arguments);
        return [.. known.SecretArguments.Where(secret => document.RootElement.TryGetProperty(secret, out _))];
    }
}
