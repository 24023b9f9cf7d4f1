using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

internal static class VmCommands
{
    public static Command Build(CliHost host, GlobalOptions global) => new("vm", "Shows VMs and speaks to their agents.")
    {
        List(host, global),
        Show(host, global),
        Call(host, global),
        VmWakeCommand.Build(host, global),
        VmHookCommands.Build(host, global),
        VmExecCommand.Build(host, global),
        VmCpCommand.Build(host, global),
    };

    internal static Argument<string> Vm() => new("VM") { Description = "A VM's name, or host/name" };

    private static Command List(CliHost host, GlobalOptions global)
    {
        var select = new Option<string>("--select", "-s") { Description = "Which VMs, as in app=db,!legacy (all)", HelpName = "SELECTOR" };
        var command = new Command("list", "Lists VMs.") { select };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var vms = await client.ListVmsAsync(parsed.GetValue(select), cancel).ToListAsync(cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, new Page<Vm>(vms, null));
            else
                VmView.WriteList(host.Out, vms, host.TableWidth);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Show(CliHost host, GlobalOptions global)
    {
        var vm = Vm();
        var command = new Command("show", "Shows one VM.") { vm };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var found = await client.GetVmAsync(parsed.GetRequiredValue(vm), cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, found);
            else
                VmView.Write(host.Out, found);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Call(CliHost host, GlobalOptions global)
    {
        var vm = Vm();
        var name = new Argument<string>("COMMAND") { Description = "An agent command, as in guest-info" };
        var json = new Argument<string>("JSON")
        {
            Description = "Its arguments, an object; - reads standard input, where alone secrets are taken",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var timeout = Durations.Option("--timeout", "For the agent's reply (the command's own)");
        var lease = Durations.Option("--lease", "Of a raw freeze: when it is thawed at the latest");
        var command = new Command("call", "Calls an agent command and prints what it returns, as JSON.") { vm, name, json, timeout, lease };
        command.SetAction(async (parsed, cancel) =>
        {
            var arguments = AgentArguments.Read(parsed.GetRequiredValue(name), parsed.GetValue(json), host.In);
            using var client = global.Connect(parsed, host);
            var options = new AgentCallOptions(Durations.Parse(parsed.GetValue(timeout)), Durations.Parse(parsed.GetValue(lease)));
            var reply = await client.AskAgentAsync(
                parsed.GetRequiredValue(vm), parsed.GetRequiredValue(name), arguments, options, cancel).ConfigureAwait(false);
            CliJson.Write(host.Out, reply.Return);
            if (Completion.Told(reply) is { } told) host.Error.WriteLine($"qgactl: {told}");
            return ExitCodes.Done;
        });
        return command;
    }
}
