using System.Text.Json;
using System.Text.Json.Serialization;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Cli.Connection;

/// <summary>A node by a name of the caller's.</summary>
/// <param name="Ca">A file with the CA of its certificate.</param>
/// <param name="TokenFile">A file with a token: the token itself is never kept here.</param>
internal sealed record NodeContext(string Api, string? Ca = null, string? TokenFile = null);

/// <summary>What <c>qgactl context</c> keeps.</summary>
/// <param name="Current">The one in use where the caller names no node.</param>
internal sealed record KeptContexts(string? Current, SortedDictionary<string, NodeContext> Contexts);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(KeptContexts))]
internal sealed partial class ContextJson : JsonSerializerContext;

/// <summary>The caller's contexts, in <c>qgactl/contexts.json</c> of the user's config directory. It is the user's alone: who
/// can write there decides whom a token is shown to.</summary>
internal sealed class Contexts(CliHost host)
{
    private string? FilePath =>
        Set("XDG_CONFIG_HOME") is { } config && Path.IsPathRooted(config) ? Path.Combine(config, "qgactl", "contexts.json")
        : Set("HOME") is { } home ? Path.Combine(home, ".config", "qgactl", "contexts.json")
        : null;

    /// <exception cref="UsageException">The file cannot be read, or is not the user's alone.</exception>
    public KeptContexts Read()
    {
        if (FilePath is not { } file || !File.Exists(file)) return new(null, []);
        try
        {
            if (OwnFiles.Fault(file) is { } fault) throw Unusable("The contexts are not used", fault);
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), ContextJson.Default.KeptContexts) is { } kept
                && !kept.Contexts.ContainsValue(null!)
                ? kept
                : throw new JsonException("A context is null.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new UsageException(
                $"The contexts in {file} cannot be read: {e.Message}", "Correct that file, or remove it and add them again.");
        }
    }

    /// <exception cref="UsageException">There is none of this name.</exception>
    public NodeContext Get(string name) => Read().Contexts.GetValueOrDefault(name) ?? throw Unknown(name);

    /// <summary>The node of a context, with what the caller gave beside it.</summary>
    /// <exception cref="UsageException">There is none of this name, or a file that it names is gone.</exception>
    public NodeLocation Locate(string name, string? token, string? ca)
    {
        var context = Get(name);
        return new(
            NodeLocator.Address(context.Api, $"Context {name}"),
            token ?? Existing(name, "token", context.TokenFile, "--token-file"),
            ca ?? Existing(name, "CA", context.Ca, "--ca"));
    }

    public UsageException Unknown(string name) => new(
        $"There is no context {name}.",
        Read().Contexts.Keys is { Count: > 0 } known
            ? $"There are: {string.Join(", ", known)}."
            : $"Add it: qgactl context add {name} --api URL --token-file FILE");

    /// <exception cref="UsageException">The user has no config directory, or it cannot be written.</exception>
    public void Write(KeptContexts all)
    {
        var file = FilePath
            ?? throw new UsageException(
                "There is no directory for contexts.", "Set HOME, or XDG_CONFIG_HOME to an absolute path.");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!, OwnFiles.Directory);
            var fresh = file + ".new";
            File.Delete(fresh);
            var owned = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = OwnFiles.File,
            };
            using (var written = new FileStream(fresh, owned))
                JsonSerializer.Serialize(written, all, ContextJson.Default.KeptContexts);
            File.Move(fresh, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable($"The contexts in {file} cannot be written", e.Message);
        }
    }

    private static string? Existing(string name, string what, string? path, string option) =>
        path is null || File.Exists(path)
            ? path
            : throw new UsageException(
                $"Context {name}: there is no {what} file {path}.",
                $"Put the file back, name another by {option} FILE, or add the context again with one.");

    private static UsageException Unusable(string what, string why) =>
        new($"{what}: {why}", "The file must belong to you, in a directory of yours.");

    private string? Set(string variable) => host.Environment(variable) is { Length: > 0 } value ? value : null;
}
