using System.CommandLine;

namespace QgaOrchestrator.Cli.CommandLine;

/// <summary>The option that selects VMs.</summary>
internal static class SelectOption
{
    public static Option<string> With(string help) =>
        new("--select", "-s") { Description = help, HelpName = "SELECTOR" };
}
