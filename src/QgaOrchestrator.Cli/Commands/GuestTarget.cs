using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Kinds;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Runs;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>
/// The guests that a command of one agent command is for: one VM, or with --select several, as a run. A command that changes
/// guests asks first.
/// </summary>
internal sealed class GuestTarget
{
    private readonly CliHost _host;
    private readonly GlobalOptions _global;
    private readonly VmArguments _words;
    private readonly Option<bool> _yes = Confirmation.Yes();
    private readonly RunCommandOptions _options;

    /// <param name="command">Gets the words, --select, --yes, and the options of every run.</param>
    /// <param name="words">What follows the VM, as in USER.</param>
    public GuestTarget(CliHost host, GlobalOptions global, CliCommand command, params string[] words)
    {
        (_host, _global) = (host, global);
        command.Exits = ExitCodes.OfSeveral;
        _words = new VmArguments(command, "All VMs that this selects, as a run", words);
        command.Add(_yes);
        _options = new RunCommandOptions(command, forRun: _words.Select);
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
            return await KindCommands.SelectedCalls
                .StartAsync(
                    _host,
                    client,
                    selector,
                    request.Command,
                    request.Arguments,
                    _options.Read(parsed),
                    question is null || parsed.GetValue(_yes),
                    $"{question} every VM of {selector}?",
                    _global.IsJson(parsed),
                    cancel
                )
                .ConfigureAwait(false);
        var vm = Vm(parsed)!;
        if (question is not null && !Confirmation.Given(_host, parsed.GetValue(_yes), $"{question} {vm}?"))
            return ExitCodes.Failed;
        var reply = await client.AskAgentAsync(vm, request.Command, request.Arguments, new AgentCallOptions(), cancel)
            .ConfigureAwait(false);
        if (!_global.IsJson(parsed)) return show(vm, reply);
        CliJson.Write(_host.Out, reply.Return);
        return ExitCodes.Done;
    }
}
