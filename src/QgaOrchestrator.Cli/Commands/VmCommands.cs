using System.CommandLine;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Commands;

internal static class VmCommands
{
    public static Command Build(CliHost host, GlobalOptions global) => new("vm", "Shows VMs and calls their guest agents.")
    {
        List(host, global),
        Show(host, global),
        Call(host, global),
        VmWakeCommand.Build(host, global),
        VmHookCommands.Build(host, global),
        VmExecCommand.Build(host, global),
        VmCpCommand.Build(host, global),
        VmInfoCommand.Build(host, global),
        VmCareCommands.Trim(host, global),
        VmCareCommands.Time(host, global),
        VmCareCommands.Cpus(host, global),
        VmCareCommands.Memory(host, global),
        VmAccessCommands.Passwd(host, global),
        VmAccessCommands.SshKeys(host, global),
        VmPowerCommands.Shutdown(host, global),
        VmPowerCommands.Reboot(host, global),
        VmPowerCommands.Suspend(host, global),
    };

    internal static Argument<string> Vm() => new("VM") { Description = "A VM's name, or host/name" };

    private static Command List(CliHost host, GlobalOptions global)
    {
        var select = new Option<string>("--select", "-s")
        {
            Description = "Which VMs, for example app=db,!legacy (all)",
            HelpName = "SELECTOR",
        };
        var command = new Command("list", "Lists VMs.") { select };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var vms = await client.GetVmsAsync(parsed.GetValue(select), cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, vms);
            else
                VmView.WriteList(host.Out, vms.Items, host.TableWidth);
            foreach (var note in vms.Notes ?? [])
                host.Error.WriteLine($"qgactl: {note}");
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
        var command = new Command(
            "call", "Calls an agent command and prints what it returns, as JSON. With --select it is a run over several VMs.");
        var words = new Argument<string[]>("VM COMMAND JSON")
        {
            Description =
                "The VM's name, an agent command such as guest-info, and its arguments as a JSON object. - reads the arguments "
                    + "from standard input; secrets are taken only there. Omit the VM with --select",
            Arity = ArgumentArity.OneOrMore,
        };
        var select = new Option<string>("--select", "-s")
        {
            Description = "All VMs that this selects, as a run, for example app=db",
            HelpName = "SELECTOR",
        };
        var yes = Confirmation.Yes();
        var timeout = Durations.Option("--timeout", "Longest time to wait for the agent's reply (the command's own)");
        var lease = Durations.Option("--lease", "For a freeze: longest time until the guest is thawed");
        command.Add(words);
        command.Add(select);
        command.Add(timeout);
        command.Add(lease);
        var fleet = new RunOptionSet(command, RunOptionSet.Fleet, forRun: select);
        command.Add(yes);
        command.Validators.Add(result =>
        {
            var (given, most) = ((result.GetValue(words) ?? []).Length, result.GetValue(select) is null ? 3 : 2);
            if (given < most - 1)
                result.AddError("'COMMAND' is missing: qgactl vm call VM COMMAND [JSON], or --select SELECTOR COMMAND [JSON].");
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
            var arguments = AgentArguments.Read(name, text, host.In);
            using var client = global.Connect(parsed, host);
            if (selector is not null)
            {
                if (AgentArguments.Secrets(name, arguments) is { Count: > 0 } secrets)
                    throw new UsageException(
                        $"{string.Join(", ", secrets)} of {name} is secret, and a run's journal holds no secret in clear.",
                        "Call it for each VM, with the arguments on standard input."
                    );
                var asked = fleet.Read(parsed);
                asked["command"] = name;
                if (!arguments.IsEmpty) asked["arguments"] = JsonNode.Parse(arguments.Span);
                var reads = AgentCommands.Find(name) is { Retry: RetryClass.Safe };
                return await FleetRun
                    .StartAsync(
                        host,
                        client,
                        new RunRequest(KindNames.Command, selector, asked),
                        reads || parsed.GetValue(yes),
                        $"Call {name} in every VM of {selector}?",
                        global.IsJson(parsed),
                        cancel
                    )
                    .ConfigureAwait(false);
            }
            var options = new AgentCallOptions(
                Durations.ParseGiven(parsed.GetValue(timeout)), Durations.ParseGiven(parsed.GetValue(lease)));
            var reply = await client.AskAgentAsync(given[0], name, arguments, options, cancel).ConfigureAwait(false);
            CliJson.Write(host.Out, reply.Return);
            if (Completion.Told(reply) is { } told) host.Error.WriteLine($"qgactl: {told}");
            if (reply.Clamped?.Timeout is { } limit)
                host.Error.WriteLine($"qgactl: --timeout was shortened to {limit:c}, the longest that {name} is given");
            if (reply.Clamped?.Lease is { } held)
                host.Error.WriteLine($"qgactl: --lease was shortened to {held:c}: the guest is thawed then at the latest");
            return ExitCodes.Done;
        });
        return command;
    }
}
