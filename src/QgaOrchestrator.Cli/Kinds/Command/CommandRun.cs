using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Guests;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Runs;
using QgaOrchestrator.Core.Kinds.Command;

namespace QgaOrchestrator.Cli.Kinds.Command;

/// <summary>One agent command in every VM of a selection, as a run.</summary>
internal sealed class CommandRun : ISelectedCalls
{
    public async Task<int> StartAsync(
        CliHost host, QgaClient client, string selector, string command, ReadOnlyMemory<byte> arguments, JsonObject options,
        bool yes, string question, bool json, CancellationToken cancel)
    {
        if (AgentArguments.Secrets(command, arguments) is { Count: > 0 } secrets)
            throw new UsageException(
                $"{string.Join(", ", secrets)} of {command} is secret, and a run's journal holds no secret in clear.",
                "Call it for each VM, with the arguments on standard input: qgactl vm call VM " + command + " -"
            );
        options["command"] = command;
        if (!arguments.IsEmpty) options["arguments"] = JsonNode.Parse(arguments.Span);
        var request = new RunRequest(CommandKind.Name, selector, options);
        return await FleetRun.StartAsync(host, client, request, yes, question, json, cancel).ConfigureAwait(false);
    }
}
