using System.Text.Json;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Guests;

/// <summary>
/// An agent command's arguments from the command line or, with -, from standard input. Every user of a machine can read
/// a command line, so secret arguments are taken from standard input alone.
/// </summary>
internal static class AgentArguments
{
    /// <summary>Whether this agent command is known to change nothing in a guest.</summary>
    public static bool ChangesNothing(string command) => AgentCommands.Find(command) is { Retry: RetryClass.Safe };

    /// <returns>A UTF-8 JSON object, or null for none.</returns>
    public static Secret? Read(string command, string? text, CliHost host)
    {
        if (text != "-")
            return text is null ? null : Check(command, Secret.Of(text.AsSpan()), isOpen: true);
        return host.ReadAllSecret() is { } given && !given.Reveal().Trim(" \t\r\n"u8).IsEmpty
            ? Check(command, given, isOpen: false)
            : null;
    }

    /// <summary>The bytes of what <see cref="Read"/> gives.</summary>
    public static ReadOnlyMemory<byte> Utf8(this Secret? arguments) => arguments?.RevealMemory() ?? default;

    /// <param name="isOpen">Everybody can read it.</param>
    private static Secret Check(string command, Secret arguments, bool isOpen)
    {
        try
        {
            using var document = JsonDocument.Parse(arguments.RevealMemory());
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new UsageException("The arguments are not a JSON object.", """As in '{"verbose": true}'""");
            if (
                isOpen
                && AgentCommands.Find(command) is { } known
                && ArgumentCheck.Secrets(known, arguments.RevealMemory()) is { Count: > 0 } secrets
            )
                throw new UsageException(
                    $"{string.Join(", ", secrets)} of {command} is secret, and everybody can read a command line.",
                    $"Give the arguments on standard input: qgactl vm call VM {command} - < FILE"
                );
            return arguments;
        }
        catch (JsonException)
        {
            // The parser's message may quote what may be a secret.
            throw new UsageException("The arguments are not JSON.", """As in '{"verbose": true}'""");
        }
    }

    /// <summary>Those of the arguments that no log, journal or command line may hold.</summary>
    public static IReadOnlyList<string> Secrets(string command, ReadOnlyMemory<byte> arguments) =>
        AgentCommands.Find(command) is { } known ? ArgumentCheck.Secrets(known, arguments) : [];
}
