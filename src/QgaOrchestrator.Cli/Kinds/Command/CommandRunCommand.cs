using System.CommandLine;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Guests;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Runs;

namespace QgaOrchestrator.Cli.Kinds.Command;

/// <summary><c>run command</c>: one agent command in every selected VM.</summary>
internal static class CommandRunCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var name = new Argument<string>("COMMAND") { Description = "An agent command, such as guest-get-osinfo" };
        var json = new Argument<string>("JSON")
        {
            Description = "Its arguments, as a JSON object. - reads them from standard input",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var select = SelectOption.With("The VMs, for example app=db, or * for all");
        select.Required = true;
        var yes = Confirmation.Yes();
        var command = new CliCommand(
            "command",
            "Calls an agent command in every selected VM, as a run. A command that may change a guest asks first.",
            "qgactl run command guest-get-osinfo --select 'app in (db,web)'",
            """qgactl run command guest-fstrim '{"minimum":1048576}' --select app=db --canary 1 --yes"""
        ) { name, json, select };
        command.Exits = ExitCodes.OfRun;
        var options = new RunCommandOptions(command);
        command.Add(yes);
        command.SetAction(async (parsed, cancel) =>
        {
            var (call, selector) = (parsed.GetRequiredValue(name), parsed.GetRequiredValue(select));
            using var holder = AgentArguments.Read(call, parsed.GetValue(json), host);
            var arguments = holder.Utf8();
            using var client = global.Connect(parsed, host);
            return await new CommandRun()
                .StartAsync(
                    host,
                    client,
                    selector,
                    call,
                    arguments,
                    options.Read(parsed),
                    AgentArguments.ChangesNothing(call) || parsed.GetValue(yes),
                    $"Call {call} in every VM of {selector}?",
                    global.IsJson(parsed),
                    cancel
                )
                .ConfigureAwait(false);
        });
        return command;
    }
}
