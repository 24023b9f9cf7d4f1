using System.CommandLine;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.CommandLine;

/// <summary>What changes many guests is asked about once; who cannot be asked must have said yes.</summary>
internal static class Confirmation
{
    public static Option<bool> Yes() => new("--yes", "-y") { Description = "Does not ask for confirmation" };

    /// <exception cref="UsageException">There is nobody to ask.</exception>
    public static bool Given(CliHost host, bool yes, string question)
    {
        if (yes) return true;
        if (!host.IsTerminal)
            throw new UsageException($"{question} There is no terminal to ask at.", "Give --yes to do it without being asked.");
        host.Out.Write($"{question} [y/N] ");
        return host.In.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }

    /// <exception cref="UsageException">Standard input holds what is to be set, so nobody can be asked there, and --yes is
    /// missing.</exception>
    public static void Need(bool yes, string what)
    {
        if (!yes)
            throw new UsageException(
                $"Standard input is for {what}, so qgactl cannot ask there.", "Give --yes to do it without being asked.");
    }
}
