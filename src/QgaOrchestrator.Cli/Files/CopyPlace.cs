using System.Text.RegularExpressions;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Files;

/// <summary>One end of a copy: a file of this machine, or one of a guest, as VM:PATH.</summary>
/// <param name="Vm">Null: of this machine. Empty: of each guest of a selection, as in :/etc/hosts.</param>
internal sealed partial record CopyPlace(string? Vm, string Path)
{
    /// <summary>A path that has a colon of its own is told from a guest's by its ./ or /.</summary>
    /// <exception cref="UsageException">It names a VM and no absolute path in it.</exception>
    public static CopyPlace Parse(string text)
    {
        if (Guest().Match(text) is not { Success: true } match) return new CopyPlace(null, text);
        var path = match.Groups["path"].Value;
        return path.StartsWith('/') || Windows().IsMatch(path)
            ? new CopyPlace(match.Groups["vm"].Value, path)
            : throw new UsageException(
                $"'{text}': '{path}' is not an absolute path in the guest.",
                "As in db1:/etc/hosts. Write a file of this machine that has a colon in its name as ./NAME."
            );
    }

    /// <summary>Of each guest: of this one. What is of this machine stays.</summary>
    public CopyPlace In(string vm) => Vm is null ? this : this with { Vm = vm };

    public string Name => Path.Split('/', '\\')[^1];

    public override string ToString() => Vm is null ? Path : $"{Vm}:{Path}";

    [GeneratedRegex(@"^(?<vm>([A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9._-]+)?)?):(?<path>.*)\z", RegexOptions.Singleline)]
    private static partial Regex Guest();

    [GeneratedRegex(@"^[A-Za-z]:[\\/]")]
    private static partial Regex Windows();
}
