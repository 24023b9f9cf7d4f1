using System.Text.Json.Nodes;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Runs;

/// <summary>Calls one agent command in every VM of a selection: a kind of run does it.</summary>
internal interface ISelectedCalls
{
    /// <param name="options">The options of the run, as they were given.</param>
    /// <param name="question">Asked first, unless <paramref name="yes"/>.</param>
    /// <exception cref="UsageException">An argument is secret, or nobody can be asked.</exception>
    Task<int> StartAsync(
        CliHost host, QgaClient client, string selector, string command, ReadOnlyMemory<byte> arguments, JsonObject options,
        bool yes, string question, bool json, CancellationToken cancel);
}
