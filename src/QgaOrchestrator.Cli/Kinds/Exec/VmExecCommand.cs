using System.CommandLine.Parsing;
using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Guests;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Runs;
using QgaOrchestrator.Core.Kinds.Exec;

namespace QgaOrchestrator.Cli.Kinds.Exec;

/// <summary><c>vm exec</c>: a process in one guest, which ends as the process does, or in every selected one, as a run.</summary>
internal static class VmExecCommand
{
    private const string Name = "exec", Select = "--select";

    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var words = new Argument<string[]>("VM -- COMMAND")
        {
            Description = "The VM, --, the program and its arguments. With --select leave the VM out. Options go before --",
            Arity = ArgumentArity.OneOrMore,
        };
        var select = SelectOption.With("All VMs that this selects, as a run, for example app=db");
        var env = new Option<string[]>("--env")
        {
            Description = "An environment variable. May be repeated; those given replace the whole environment",
            HelpName = "NAME=VALUE",
        };
        var stdin = new Option<bool>("--stdin") { Description = "Hands standard input to the process (one VM only)" };
        var timeout = Durations.Option("--timeout", "Longest time that the process may take (default: 5m)");
        var stream = new Option<bool>("--stream")
        {
            Description = "Shows output while the process runs. Uses files in the guest's /tmp (one VM only)",
        };
        var command = new CliCommand(
            Name,
            "Runs a process in the guest and exits with its exit code. 125 means that qgactl failed.",
            "qgactl vm exec db1 -- df -h",
            "qgactl vm exec db1 --stream -- tail -f /var/log/app.log",
            "qgactl vm exec --select app=db --yes -- uname -r"
        )
        {
            words,
            select,
            env,
            stdin,
            stream,
            timeout,
        };
        command.Exits = ExitCodes.OfProcess;
        command.Usage = "[OPTIONS] {VM | --select SELECTOR} -- COMMAND [ARGS]";
        var yes = Confirmation.Yes();
        command.Add(yes);
        var options = new RunCommandOptions(command, forRun: select);
        command.Validators.Add(result =>
        {
            var given = result.GetValue(words) ?? [];
            if (result.GetValue(select) is null && given.Length < 2)
                result.AddError("Name the VM and the command: qgactl vm exec VM -- COMMAND ARGS.");
            if ((result.GetValue(env) ?? []).FirstOrDefault(entry => entry.IndexOf('=', StringComparison.Ordinal) < 1) is { } odd)
                result.AddError($"--env: '{odd}' is not as in NAME=VALUE.");
            if (result.GetValue(stream) && global.IsJson(result))
                result.AddError("--stream: shows output as it comes, and no JSON.");
            if (result.GetValue(select) is not null && result.GetValue(stdin))
                result.AddError("--stdin: is for one VM; a run's journal must hold no input.");
            if (result.GetValue(select) is not null && result.GetValue(stream))
                result.AddError("--stream: is for one VM; of a run, qgactl run results shows what its VMs said.");
        });
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var given = parsed.GetRequiredValue(words);
            if (parsed.GetValue(select) is { } selector)
            {
                var asked = options.Read(parsed);
                Put(asked, given, parsed.GetValue(env), parsed.GetValue(timeout));
                return await FleetRun
                    .StartAsync(
                        host,
                        client,
                        new RunRequest(ExecKind.Name, selector, asked),
                        parsed.GetValue(yes),
                        $"Run {given[0]} in every VM of {selector}?",
                        global.IsJson(parsed),
                        cancel
                    )
                    .ConfigureAwait(false);
            }
            var input = parsed.GetValue(stdin) ? await host.ReadBytesAsync(cancel).ConfigureAwait(false) : null;
            if (parsed.GetValue(stream))
            {
                var process = new ProcessRequest(given[1], given[2..], parsed.GetValue(env) is { Length: > 0 } own ? own : null,
                    input, parsed.GetValue(timeout));
                return await GuestProcessStream.RunAsync(host, client, given[0], process, cancel).ConfigureAwait(false);
            }
            var end = await new GuestProcessCall(client, given[0], host.Time)
                .RunAsync(
                    given[1],
                    given[2..],
                    parsed.GetValue(env),
                    input,
                    Durations.ParseGiven(parsed.GetValue(timeout)) ?? TimeSpan.FromMinutes(5),
                    cancel
                )
                .ConfigureAwait(false);
            if (global.IsJson(parsed))
            {
                CliJson.Write(host.Out, Report(given[0], end));
                return end.ExitCode;
            }
            host.Write(end.Out);
            host.Write(end.Errors, error: true);
            foreach (var note in end.Notes) host.Error.WriteLine($"qgactl: {note}");
            return end.ExitCode;
        });
        return command;
    }

    /// <summary>The process of one VM, whose exit code is that of qgactl; with --select it is a run's.</summary>
    public static bool IsForOneVm(ParseResult parsed) => parsed.CommandResult is { Command.Name: Name } exec
        && !exec.Children.OfType<OptionResult>().Any(option => option is { Option.Name: Select, Implicit: false });

    private static ProcessReport Report(string vm, GuestProcessEnd end) =>
        new(
            vm,
            end.Status.Exitcode,
            end.Status.Signal,
            Encoding.UTF8.GetString(end.Out),
            Encoding.UTF8.GetString(end.Errors),
            end.Status.OutTruncated,
            end.Status.ErrTruncated
        );

    private static void Put(JsonObject options, string[] command, string[]? env, string? timeout)
    {
        options["path"] = command[0];
        options["args"] = new JsonArray([.. command[1..].Select(word => (JsonNode)word)]);
        if (env is { Length: > 0 }) options["env"] = new JsonArray([.. env.Select(entry => (JsonNode)entry)]);
        if (Durations.ParseGiven(timeout) is { } limit) options["timeout"] = limit.ToString("c", CultureInfo.InvariantCulture);
    }
}
