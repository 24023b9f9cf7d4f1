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

    public void AddTo(RootCommand root)
    {
        root.Add(Output);
        root.Add(Config);
        root.Add(Api);
        root.Add(TokenFile);
        root.Add(Ca);
        root.Validators.Add(result =>
        {
            if (result.GetResult(Config) is not null && result.GetResult(Api) is not null)
                result.AddError("--config and --api name two nodes: give one of them.");
        });
    }

    public bool IsJson(ParseResult parsed) => parsed.GetValue(Output) == "json";

    public bool IsJson(System.CommandLine.Parsing.CommandResult result) => result.GetValue(Output) == "json";

    public NodeHints Hints(ParseResult parsed) =>
        new(parsed.GetValue(Config), parsed.GetValue(Api), parsed.GetValue(TokenFile), parsed.GetValue(Ca));

    public QgaClient Connect(ParseResult parsed, CliHost host)
    {
        var (locator, hints) = (new NodeLocator(host), Hints(parsed));
        var node = locator.Locate(hints);
        var handler = host.Handler ?? (locator.CaFile(hints) is { } ca ? TrustedCa.Handler(ca, node.Api) : null);
        return new QgaClient(node.Api, Connection.TokenFile.Read(node.TokenFile), host.Time, handler);
    }
}
