using System.Text.Json;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Cli.Connection;

/// <summary>What the caller said about the node, each null where he did not.</summary>
internal sealed record NodeHints(
    string? Config, string? Api, string? TokenFile, string? CaFile = null, string? Context = null);

/// <summary>A node to speak to.</summary>
/// <param name="TokenFile">Null where nobody told one.</param>
/// <param name="CaFile">With the CA of its certificate; null: one of those that this machine trusts.</param>
internal sealed record NodeLocation(Uri Api, string? TokenFile, string? CaFile = null);

/// <summary>
/// Finds the node, in this order: --api or --config, --context, QGACTL_API, QGACTL_CONFIG, the context in use, and last the
/// addresses that running nodes leave beside their ledgers on this machine.
/// </summary>
internal sealed class NodeLocator(CliHost host)
{
    public const string ConfigVariable = "QGACTL_CONFIG";
    public const string ApiVariable = "QGACTL_API";
    public const string TokenFileVariable = "QGACTL_TOKEN_FILE";
    public const string CaVariable = "QGACTL_CA";

    /// <summary>The config file in effect, where there is one.</summary>
    public string? ConfigFile(NodeHints hints) => hints.Config ?? (hints.Api is null ? Variable(ConfigVariable) : null);

    /// <exception cref="UsageException">What names the node cannot be used.</exception>
    /// <exception cref="CommandFailedException">Nothing names one, and none runs here.</exception>
    public NodeLocation Locate(NodeHints hints)
    {
        // The variables are for whatever the context is silent about, but never add a token to a context that was named.
        var given = hints is { Context: { } name, Api: null, Config: null }
            ? new Contexts(host).Locate(name, hints.TokenFile, hints.CaFile)
            : Given(hints, hints.TokenFile ?? Variable(TokenFileVariable), hints.CaFile ?? Variable(CaVariable));
        return given with { TokenFile = given.TokenFile ?? TokenOfLocal(given.Api.OriginalString) };
    }

    private NodeLocation Given(NodeHints hints, string? token, string? ca)
    {
        if (hints.Api is { } api) return new(Address(api, "--api"), token, ca);
        if (hints.Config is { } config) return OfConfig(config, token, ca);
        if (Variable(ApiVariable) is { } variable) return new(Address(variable, ApiVariable), token, ca);
        if (Variable(ConfigVariable) is { } file) return OfConfig(file, token, ca);
        var contexts = new Contexts(host);
        if (contexts.Read().Current is { } current) return contexts.Locate(current, token, ca);
        return OfRunningNodes() switch
        {
            [] => throw new CommandFailedException(
                $"No running node is found: there is no {host.RunDirectory}/*/{NodeAddress.FileName}.",
                "Name the node by --config FILE, by --api URL and --token-file FILE, or by a context (qgactl context add).",
                ExitCodes.Unreachable
            ),
            [var one] => new(Address(one.Address.Api, one.Path), token ?? one.Address.TokenFile, ca),
            var several => throw new UsageException(
                $"Several nodes run here: {string.Join(", ", several.Select(node => node.Address.Api))}.",
                "Name one of them by --api URL."
            ),
        };
    }

    private NodeLocation OfConfig(string file, string? token, string? ca)
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
                        return new(Address(running.Api, directory), token ?? running.TokenFile, ca);
            return new(api, token ?? Path.Combine(data, "admin.token"), ca);
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
    /// <exception cref="UsageException">It is none.</exception>
    public static Uri Address(string text, string source)
    {
        foreach (var any in (ReadOnlySpan<string>)["://*", "://+", "://0.0.0.0", "://[::]"])
            text = text.Replace(any, "://127.0.0.1", StringComparison.Ordinal);
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri!.Scheme is "http" or "https"
            ? uri
            : throw new UsageException($"{source}: '{text}' is not an http address.", "As in --api http://127.0.0.1:7070");
    }

    private string? Variable(string name) => host.Environment(name) is { Length: > 0 } value ? value : null;
}
