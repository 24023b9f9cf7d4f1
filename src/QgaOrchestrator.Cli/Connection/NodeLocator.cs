using System.Text.Json;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Cli.Connection;

/// <summary>What the caller said about the node, each null where he did not.</summary>
internal sealed record NodeHints(string? Config, string? Api, string? TokenFile, string? CaFile = null);

/// <summary>A node to speak to. <paramref name="TokenFile"/> is null where nobody told one.</summary>
internal sealed record NodeLocation(Uri Api, string? TokenFile);

/// <summary>
/// Finds the node: options stand before environment, an address before a config file, and last come the addresses that
/// running nodes leave beside their ledgers on this machine.
/// </summary>
internal sealed class NodeLocator(CliHost host)
{
    public const string ConfigVariable = "QGACTL_CONFIG";
    public const string ApiVariable = "QGACTL_API";
    public const string TokenFileVariable = "QGACTL_TOKEN_FILE";
    public const string CaVariable = "QGACTL_CA";

    /// <summary>The file with the CA of the node's certificate; null: one of those that this machine trusts.</summary>
    public string? CaFile(NodeHints hints) => hints.CaFile ?? Variable(CaVariable);

    /// <summary>The config file in effect, where there is one.</summary>
    public string? ConfigFile(NodeHints hints) => hints.Config ?? (hints.Api is null ? Variable(ConfigVariable) : null);

    public NodeLocation Locate(NodeHints hints)
    {
        var token = hints.TokenFile ?? Variable(TokenFileVariable);
        if (hints.Api is { } api)
            return new(Address(api, "--api"), token ?? TokenOfLocal(api));
        if (hints.Config is { } config)
            return OfConfig(config) is var told && token is null ? told : told with { TokenFile = token };
        if (Variable(ApiVariable) is { } variable)
            return new(Address(variable, ApiVariable), token ?? TokenOfLocal(variable));
        if (Variable(ConfigVariable) is { } file)
            return OfConfig(file) is var told && token is null ? told : told with { TokenFile = token };
        return OfRunningNodes() switch
        {
            [] => throw new CommandFailedException(
                $"No running node is found: there is no {host.RunDirectory}/*/{NodeAddress.FileName}.",
                "Name the node by --config FILE, or by --api URL and --token-file FILE.",
                ExitCodes.Unreachable
            ),
            [var one] => new(Address(one.Address.Api, one.Path), token ?? one.Address.TokenFile),
            var several => throw new UsageException(
                $"Several nodes run here: {string.Join(", ", several.Select(node => node.Address.Api))}.",
                "Name one of them by --api URL."
            ),
        };
    }

    private NodeLocation OfConfig(string file)
    {
        if (!File.Exists(file))
            throw new UsageException($"There is no config file {file}.");
        try
        {
            var ledger = LedgerPath.Load(file, [], host.Environment);
            var data = Path.GetFullPath(ledger.DataDirectory, ledger.BaseDirectory);
            var api = Address(NodeApi.Read(file, host.Environment), file);
            // Port 0 is chosen by the system: only the running node can tell it.
            if (api.Port == 0)
                foreach (var directory in ledger.Candidates)
                    if (Read(Path.Combine(directory, NodeAddress.FileName)) is { } running)
                        return new(Address(running.Api, directory), running.TokenFile);
            return new(api, Path.Combine(data, "admin.token"));
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The config file cannot be read: {e.Message}");
        }
    }

    private string? TokenOfLocal(string api) => OfRunningNodes().Find(node => Same(node.Address.Api, api)).Address?.TokenFile;

    private List<(string Path, NodeAddress Address)> OfRunningNodes()
    {
        if (!Directory.Exists(host.RunDirectory))
            return [];
        return [.. from directory in Directory.GetDirectories(host.RunDirectory).Order(StringComparer.Ordinal)
                   let path = Path.Combine(directory, NodeAddress.FileName)
                   let address = Read(path)
                   where address is not null
                   select (path, address)];
    }

    private static NodeAddress? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ApiJson.Default.NodeAddress) is { Api: not null } address
                ? address
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private static bool Same(string left, string right) =>
        Uri.TryCreate(left, UriKind.Absolute, out var one) && Uri.TryCreate(right, UriKind.Absolute, out var other)
        && one.Authority == other.Authority;

    /// <summary>An address to connect to: one to listen on may mean every interface.</summary>
    private static Uri Address(string text, string source)
    {
        foreach (var any in (ReadOnlySpan<string>)["://*", "://+", "://0.0.0.0", "://[::]"])
            text = text.Replace(any, "://127.0.0.1", StringComparison.Ordinal);
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri!.Scheme is "http" or "https"
            ? uri
            : throw new UsageException($"{source}: '{text}' is not an http address.", "As in --api http://127.0.0.1:7070");
    }

    private string? Variable(string name) => host.Environment(name) is { Length: > 0 } value ? value : null;
}
