using System.CommandLine;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Guests;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Kinds;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Runs;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>vm call</c>: one agent command in one guest. With --select it is the old spelling of <c>run command</c>.</summary>
internal static class VmCallCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var words = new Argument<string[]>("VM COMMAND [JSON]")
        {
            Description =
                "The VM, an agent command such as guest-info, and its arguments as a JSON object. - reads the arguments "
                    + "from standard input. Secret arguments are taken only there",
            Arity = ArgumentArity.OneOrMore,
        };
        var timeout = Durations.Option("--timeout", "Longest time to wait for the agent's reply (default: the command's own)");
        var lease = Durations.Option("--lease", "For a freeze: longest time until the guest is thawed");
        var command = new CliCommand(
            "call",
            "Calls an agent command in one guest and prints what it returns, as JSON. "
                + "For several VMs use qgactl run command.",
            "qgactl vm call db1 guest-info",
            """qgactl vm call db1 guest-fstrim '{"minimum":1048576}' --timeout 5m""",
            "qgactl vm call db1 guest-set-user-password - < arguments.json"
        ) { words, timeout, lease };
        var select = SelectOption.With("The old spelling of qgactl run command");
        select.Hidden = true;
        command.Add(select);
        var fleet = new RunCommandOptions(command, forRun: select, isHidden: _ => true);
        var yes = Confirmation.Yes();
        yes.Hidden = true;
        command.Add(yes);
        command.Validators.Add(result =>
        {
            var (given, most) = ((result.GetValue(words) ?? []).Length, result.GetValue(select) is null ? 3 : 2);
            if (given < most - 1)
                result.AddError("'COMMAND' is missing: qgactl vm call VM COMMAND [JSON].");
            if (given > most)
                result.AddError($"'{result.GetValue(words)![most]}' is one word too many: the arguments are one JSON object.");
            if (result.GetValue(select) is not null && (result.GetValue(timeout) ?? result.GetValue(lease)) is not null)
                result.AddError("--timeout and --lease are for one VM: a run waits as long as the command's own time-out.");
        });
        command.SetAction(async (parsed, cancel) =>
        {
            var (selector, given) = (parsed.GetValue(select), parsed.GetRequiredValue(words));
            var (name, text) = selector is null
                ? (given[1], given.ElementAtOrDefault(2))
                : (given[0], given.ElementAtOrDefault(1));
            using var holder = AgentArguments.Read(name, text, host);
            var arguments = holder.Utf8();
            using var client = global.Connect(parsed, host);
            if (selector is not null)
                return await KindCommands.SelectedCalls
                    .StartAsync(
                        host,
                        client,
                        selector,
                        name,
                        arguments,
                        fleet.Read(parsed),
                        AgentArguments.ChangesNothing(name) || parsed.GetValue(yes),
                        $"Call {name} in every VM of {selector}?",
                        global.IsJson(parsed),
                        cancel
                    )
                    .ConfigureAwait(false);
            var options = new AgentCallOptions(
                Durations.ParseGiven(parsed.GetValue(timeout)), Durations.ParseGiven(parsed.GetValue(lease)));
            var reply = await client.AskAgentAsync(given[0], name, arguments, options, cancel).ConfigureAwait(false);
            CliJson.Write(host.Out, reply.Return);
            CliErrors.Warn(host.Error, reply.Warnings);
            if (CompletionText.Of(reply) is { } told) host.Error.WriteLine($"qgactl: {told}");
            if (reply.Clamped?.Timeout is { } limit)
                host.Error.WriteLine($"qgactl: --timeout was shortened to {limit:c}, the longest that {name} may take");
            if (reply.Clamped?.Lease is { } held)
                host.Error.WriteLine($"qgactl: --lease was shortened to {held:c}: the guest is thawed by then");
            return ExitCodes.Done;
        });
        return command;
    }
}
