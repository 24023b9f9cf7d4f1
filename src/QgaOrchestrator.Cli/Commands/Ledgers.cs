using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>Where this machine's freeze ledgers may be.</summary>
internal static class Ledgers
{
    /// <summary>Those of the config file; without one the default's, and every folder that a node made under /run.</summary>
    public static IReadOnlyList<string> Find(CliHost host, string? configFile)
    {
        try
        {
            if (configFile is not null)
                return LedgerPath.Load(configFile, [], host.Environment).Candidates;
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The config file cannot be read: {e.Message}");
        }
        string[] made = Directory.Exists(host.RunDirectory) ? Directory.GetDirectories(host.RunDirectory) : [];
        return [.. made.Order(StringComparer.Ordinal).Union(LedgerPath.Load(null, [], host.Environment).Candidates)];
    }
}
