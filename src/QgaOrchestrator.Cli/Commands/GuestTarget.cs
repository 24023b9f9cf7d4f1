using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>
/// Whom a command of one agent command is for: a VM, or with --select each of several, as a run of kind command. What changes
/// a guest is asked about.
/// </summary>
internal sealed class GuestTarget
{
    private readonly CliHost _host;
    private readonly GlobalOptions _global;
    private readonly VmWords _words;
    private readonly Option<bool> _yes = Confirmation.Yes();
    private readonly RunOptionSet _options;

    /// <param name="command">Gets the words, --select, --yes, and the options of every run.</param>
    /// <param name="words">What follows the VM, as in USER.</param>
    public GuestTarget(CliHost host, GlobalOptions global, Command command, params string[] words)
    {
        (_host, _global) = (host, global);
        _words = new VmWords(command, "All VMs that this selects, as a run", words);
        _options = new RunOptionSet(command, RunOptionSet.Fleet, _words.Select);
        command.Add(_yes);
    }

    public string? Vm(ParseResult parsed) => _words.Vm(parsed);

    /// <summary>A word that follows the VM, from 0.</summary>
    public string Word(ParseResult parsed, int at) => _words.Word(parsed, at);

    /// <exception cref="UsageException">Standard input holds what is to be set, and --yes is missing.</exception>
    public void NeedYes(ParseResult parsed, string what) => Confirmation.Need(parsed.GetValue(_yes), what);

    /// <param name="question">As in "Reboot": asked with the VM's name, or the selector. Null: nothing is changed.</param>
    /// <param name="show">One VM's reply, for people. Gives the exit code.</param>
    public async Task<int> CallAsync(
        ParseResult parsed,
        QgaClient client,
        AgentRequest request,
        string? question,
        Func<string, AgentCallReply, int> show,
        CancellationToken cancel
    )
    {
        if (_words.Selector(parsed) is { } selector)
        {
            var options = _options.Read(parsed);
            options["command"] = request.Command;
            if (!request.Arguments.IsEmpty)
                options["arguments"] = JsonNode.Parse(request.Arguments.Span);
            return await FleetRun
                .StartAsync(
                    _host,
                    client,
                    new RunRequest(KindNames.Command, selector, options),
                    question is null || parsed.GetValue(_yes),
                    $"{question} every VM of {selector}?",
                    _global.IsJson(parsed),
                    cancel
                )
                .ConfigureAwait(false);
        }
        var vm = Vm(parsed)!;
        if (question is not null && !Confirmation.Given(_host, parsed.GetValue(_yes), $"{question} {vm}?"))
            return ExitCodes.Failed;
        var reply = await client.AskAgentAsync(vm, request.Command, request.Arguments, new AgentCallOptions(), cancel)
            .ConfigureAwait(false);
        if (!_global.IsJson(parsed)) return show(vm, reply);
        Output.CliJson.Write(_host.Out, reply.Return);
        return ExitCodes.Done;
    }

    /// <summary>The reply's value as the agent's typed commands read it.</summary>
    public static ReadOnlyMemory<byte> Bytes(JsonElement value) => Encoding.UTF8.GetBytes(value.GetRawText());
}
