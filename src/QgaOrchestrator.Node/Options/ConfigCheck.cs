using System.Net;
using System.Net.NetworkInformation;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Node.Data;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Node.Options;

/// <summary>
/// <c>qgad check-config</c>: finds what would make a start with these options fail, beyond the options themselves. It makes,
/// locks and opens nothing, so it can run beside a running node.
/// </summary>
public static class ConfigCheck
{
    /// <summary>Everything that is wrong, each with its remedy; empty: a start finds all that it needs.</summary>
    public static async Task<IReadOnlyList<string>> FaultsAsync(QgadOptions options)
    {
        var faults = new List<string>();
        var data = options.Node.DataDirectory;
        if (!LedgerPath.CanBeWritten(data))
        {
            faults.Add(
                $"Node:DataDirectory: {data} cannot be written. Make it and let the node's user own it, or run this as that user"
            );
        }
        else
        {
            if (Directory.Exists(data) && OwnFiles.DirectoryFault(data) is { } open)
                faults.Add($"Node:DataDirectory: {data} is refused: {open}");
            await TryAsync(faults, () =>
            {
                AdminToken.Check(DataDirectory.TokenFileOf(data));
                return Task.CompletedTask;
            });
            // A shared store is looked at, and not made.
            await TryAsync(faults, () => StoreProviders.Find(options.Store.Provider).IsShared
                ? StoresOf(options).Journal.IsReadyAsync()
                : StoresOf(options).Tokens.ReadAsync());
        }
        if (!LedgerPath.CanBeWritten(options.Freeze.Ledger))
            faults.Add(
                $"Freeze:Ledger: {options.Freeze.Ledger} cannot be written, and without a ledger nothing is frozen. Make it "
                    + $"and let the node's user own it, or name another"
            );
        else if (Directory.Exists(options.Freeze.Ledger) && OwnFiles.Fault(options.Freeze.Ledger) is { } foreign)
            faults.Add($"Freeze:Ledger: {foreign}");
        if (!IsOfThisMachine(options.Node.Api))
            faults.Add(
                $"Node:Api: {options.Node.Api.Host} is not an address of this machine. Name one that the command ip address "
                    + $"shows, or 127.0.0.1"
            );
        if (options.Node.TargetGroup is { } group && !FileGroup.Exists(group))
            faults.Add(
                $"Node:TargetGroup: there is no group {group} on this host. Make it (groupadd {group}), or name the group of "
                    + $"QEMU's user"
            );
        return faults;
    }

    private static bool IsOfThisMachine(Uri api) =>
        api.Host == "localhost" || !IPAddress.TryParse(api.DnsSafeHost, out var address)
        || IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
        || NetworkInterface.GetAllNetworkInterfaces().SelectMany(card => card.GetIPProperties().UnicastAddresses).Any(
            own => own.Address.Equals(address));

    private static NodeStores StoresOf(QgadOptions options) =>
        StoreProviders.Find(options.Store.Provider).Create(options.Store.Own, options.Node.DataDirectory, TimeProvider.System);

    private static async Task TryAsync(List<string> faults, Func<Task> check)
    {
        try
        {
            await check();
        }
        catch (Exception e) when (e is DataDirectoryException or StoreException)
        {
            faults.Add(e.Message);
        }
    }
}
