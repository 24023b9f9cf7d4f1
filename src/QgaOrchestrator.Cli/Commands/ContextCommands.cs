using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Connection;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>context</c>: nodes by names of the caller's. It asks no node.</summary>
internal static class ContextCommands
{
    public static CliCommand Build(CliHost host, GlobalOptions global) =>
        new("context", "Adds, uses, lists and removes names for nodes.")
    {
        Add(host, global),
        Use(host, global),
        List(host, global),
        Remove(host, global),
    };

    private static CliCommand Add(CliHost host, GlobalOptions global)
    {
        var name = Name();
        name.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } given
                && !given.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
                result.AddError("NAME: letters, digits, '.', '_' and '-' only.");
        });
        var command = new CliCommand(
            "add",
            "Keeps --api, --ca and --token-file by a name, or replaces what it names. The token itself stays in its file.",
            "qgactl context add prod --api https://hv1.example.com:7070 --ca ca.pem --token-file prod.token"
        )
        {
            name,
        };
        command.SetAction(parsed =>
        {
            var (added, contexts) = (parsed.GetRequiredValue(name), new Contexts(host));
            var api = parsed.GetValue(global.Api) ?? throw new UsageException("--api is missing.", "Name the node: --api URL");
            NodeLocator.Address(api, "--api");
            var all = contexts.Read();
            all.Contexts[added] = new(
                api, Existing(parsed, global.Ca), Existing(parsed, global.TokenFile));
            contexts.Write(all);
            return Say(
                parsed, $"Context {added} is kept. Use it by --context {added}, or from now on: qgactl context use {added}");
        });
        return command;

        static string? Existing(ParseResult parsed, Option<string> option) =>
            parsed.GetValue(option) is not { } path ? null
            : File.Exists(path) ? Path.GetFullPath(path)
            : throw new UsageException($"{option.Name}: there is no file {path}.");

        int Say(ParseResult parsed, string said) => Done(host, global, parsed, said);
    }

    private static CliCommand Use(CliHost host, GlobalOptions global)
    {
        var name = Name();
        var command = new CliCommand(
            "use", "From now on uses this context where neither options nor QGACTL_* name a node.", "qgactl context use prod")
        {
            name,
        };
        command.SetAction(parsed =>
        {
            var (used, contexts) = (parsed.GetRequiredValue(name), new Contexts(host));
            var node = contexts.Get(used);
            contexts.Write(contexts.Read() with { Current = used });
            return Done(host, global, parsed, $"Context {used} is in use: {node.Api}");
        });
        return command;
    }

    private static CliCommand List(CliHost host, GlobalOptions global)
    {
        var command = new CliCommand("list", "Lists the contexts. A star marks the one in use.", "qgactl context list");
        command.SetAction(parsed =>
        {
            var all = new Contexts(host).Read();
            var shown = all.Contexts
                .Select(of => new ContextReport(of.Key, of.Value.Api, of.Value.Ca, of.Value.TokenFile, of.Key == all.Current))
                .ToList();
            if (global.IsJson(parsed))
            {
                CliJson.Write(host.Out, new Page<ContextReport>(shown, null));
                return ExitCodes.Done;
            }
            var table = new TextTable("IN USE", "NAME", "API", "CA", "TOKEN FILE");
            foreach (var one in shown)
                table.Add(one.Current ? "*" : "", one.Name, one.Api, one.Ca ?? "", one.TokenFile ?? "");
            table.Write(host.Screen);
            return ExitCodes.Done;
        });
        return command;
    }

    private static CliCommand Remove(CliHost host, GlobalOptions global)
    {
        var name = Name();
        var command = new CliCommand(
            "remove", "Removes a context. The files that it names stay.", "qgactl context remove prod") { name };
        command.SetAction(parsed =>
        {
            var (removed, contexts) = (parsed.GetRequiredValue(name), new Contexts(host));
            contexts.Get(removed);
            var all = contexts.Read();
            all.Contexts.Remove(removed);
            contexts.Write(all.Current == removed ? all with { Current = null } : all);
            return Done(host, global, parsed, $"Context {removed} is removed.");
        });
        return command;
    }

    private static Argument<string> Name() => new("NAME") { Description = "The name of the context" };

    private static int Done(CliHost host, GlobalOptions global, ParseResult parsed, string said)
    {
        if (!global.IsJson(parsed)) host.Out.WriteLine(said);
        return ExitCodes.Done;
    }
}
