using System.CommandLine;

namespace QgaOrchestrator.Cli.CommandLine;

/// <summary>The option that selects VMs.</summary>
internal static class Selector
{
    public static Option<string> Option(string help) =>
        new("--select", "-s") { Description = help, HelpName = "SELECTOR" };
}
