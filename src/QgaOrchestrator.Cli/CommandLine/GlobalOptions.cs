using System.CommandLine;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Connection;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.CommandLine;

/// <summary>The options of every command.</summary>
internal sealed class GlobalOptions
{
    public Option<string> Output { get; } = new Option<string>("--output", "-o")
    {
        Description = "table or json (default: table)",
        HelpName = "FORMAT",
        Recursive = true,
        DefaultValueFactory = static _ => "table",
    }.AcceptOnlyFromAmong("table", "json");

    public Option<string> Config { get; } = new("--config")
    {
        Description = $"A node's config file: its address, token and ledger ({NodeLocator.ConfigVariable})",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<string> Api { get; } = new("--api")
    {
        Description = $"A node's address ({NodeLocator.ApiVariable})",
        HelpName = "URL",
        Recursive = true,
    };

    public Option<string> TokenFile { get; } = new("--token-file")
    {
        Description = $"A file with a token ({NodeLocator.TokenFileVariable})",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<string> Ca { get; } = new("--ca")
    {
        Description = $"A file with the CA of the node's certificate, for https ({NodeLocator.CaVariable})",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<string> Context { get; } = new("--context")
    {
        Description = "A node by the name that qgactl context add gave it (default: the one in use)",
        HelpName = "NAME",
        Recursive = true,
    };

    public void AddTo(RootCommand root)
    {
        root.Add(Output);
        root.Add(Config);
        root.Add(Api);
        root.Add(TokenFile);
        root.Add(Ca);
        root.Add(Context);
    }

    public bool IsJson(ParseResult parsed) => parsed.GetValue(Output) == "json";

    public bool IsJson(System.CommandLine.Parsing.CommandResult result) => result.GetValue(Output) == "json";

    /// <exception cref="UsageException">Several options name a node.</exception>
    public NodeHints Hints(ParseResult parsed)
    {
        Option[] named = [.. ((Option[])[Config, Api, Context]).Where(option => parsed.GetResult(option) is not null)];
        return named.Length <= 1
            ? new(
                parsed.GetValue(Config), parsed.GetValue(Api), parsed.GetValue(TokenFile), parsed.GetValue(Ca),
                parsed.GetValue(Context))
            : throw new UsageException(
                $"{string.Join(" and ", named.Select(option => option.Name))} name {named.Length} nodes: give one of them.");
    }

    public QgaClient Connect(ParseResult parsed, CliHost host)
    {
        var node = new NodeLocator(host).Locate(Hints(parsed));
        var handler = host.Handler ?? (node.CaFile is { } ca ? TrustedCa.Handler(ca, node.Api) : null);
        return new QgaClient(node.Api, Connection.TokenFile.Read(node.TokenFile), host.Time, handler);
    }
}
