using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Node.Options;

/// <summary>
/// Makes <see cref="QgadOptions"/> from <c>--config FILE</c>, then the environment (<c>QGA__Section__Key</c>), then
/// <c>--Section:Key=value</c>. Relative paths are relative to the file's directory, or without a file to the current
/// directory.
/// </summary>
public static class OptionsLoader
{
    /// <param name="root">Where the host's file system begins: / but in a test.</param>
    /// <exception cref="OptionsException">Everything that is wrong, at once.</exception>
    public static QgadOptions Load(
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        string machine,
        string directory,
        string root = "/"
    )
    {
        var (options, errors) = Read(arguments, environment, machine, directory, root);
        return errors.Count == 0 ? options : throw new OptionsException(errors);
    }

    /// <summary>The same, with a default in place of each option that is wrong.</summary>
    public static (QgadOptions Options, IReadOnlyList<string> Errors) Read(
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        string machine,
        string directory,
        string root = "/"
    )
    {
        var errors = new List<string>();
        var (file, others) = ConfigFile(arguments, errors);
        if (file is not null) file = Path.GetFullPath(file, directory);
        var values = (file is null ? [] : ReadFile(file, errors))
            .Concat(OptionSource.FromEnvironment(environment))
            .Concat(OptionSource.FromArguments(others, errors))
            .ToArray();
        var options = OptionsBinder.Bind(
            new(values, errors),
            machine,
            file is null ? directory : Path.GetDirectoryName(file)!,
            root
        );
        return (options, errors);
    }

    private static IReadOnlyList<OptionValue> ReadFile(string file, List<string> errors)
    {
        try
        {
            // It names programs that run with the node's rights.
            if (OwnFiles.Fault(file) is { } fault) errors.Add($"--config: {fault}");
            return JsonOptionFile.Read(File.ReadAllBytes(file), Path.GetFileName(file), errors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add(
                $"--config {file}: {e.Message.TrimEnd('.')}. Give the path of a file that this user can read, such as "
                    + "config/node.json"
            );
            return [];
        }
    }

    private static (string? File, IReadOnlyList<string> Others) ConfigFile(IReadOnlyList<string> arguments, List<string> errors)
    {
        string? file = null;
        var others = new List<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i].StartsWith("--config=", StringComparison.Ordinal)) file = arguments[i]["--config=".Length..];
            else if (arguments[i] != "--config") others.Add(arguments[i]);
            else if (++i < arguments.Count) file = arguments[i];
            else errors.Add("--config: the name of the file is missing");
        }
        return (file, others);
    }
}
