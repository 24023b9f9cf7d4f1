using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Qemu.Cut.Methods.Hook;

/// <summary>The section Freeze.Hooks of the config: name → argv of a program that makes a storage's snapshots. Default
/// none.</summary>
public sealed record HookSettings(IReadOnlyDictionary<string, IReadOnlyList<string>> Hooks) : CutSettings
{
    private const string Key = "Hooks";

    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static HookSettings None { get; } = new(new Dictionary<string, IReadOnlyList<string>>());

    internal static HookSettings Of(CutHost host) => host.Settings.OfType<HookSettings>().FirstOrDefault() ?? None;

    internal static HookSettings Read(ICutKeys keys) =>
        new(keys.Names(Key).ToDictionary(name => name, name => Hook(keys, name), StringComparer.Ordinal));

    /// <summary>The program must exist now: otherwise a backup at night would be the first to find it missing.</summary>
    private static IReadOnlyList<string> Hook(ICutKeys keys, string name)
    {
        var key = $"{Key}:{name}";
        if (!VmName.IsValid(name)) keys.Fail(key, $"\"{name}\" is not a name for a hook ([A-Za-z0-9._-])");
        var argv = keys.Texts(key);
        if (argv.Count == 0 || argv[0].Length == 0)
        {
            keys.Fail(key, "a program and its arguments are expected, such as [\"/etc/qgad/hooks/lvm\"]");
            return [];
        }

        var (program, path) = (argv[0], keys.FullPath(argv[0]));
        if (!program.Contains('/')) keys.Fail(key, $"\"{program}\" is not a path, and PATH is not searched: give its path");
        else if (!File.Exists(path)) keys.Fail(key, $"there is no file {path}");
        else if ((File.GetUnixFileMode(path) & Executable) == 0) keys.Fail(key, $"{path} is not executable: chmod +x {path}");
        else if (OwnFiles.Fault(path) is { } fault) keys.Fail(key, $"it runs with the node's rights, and {fault}");
        return [path, .. argv.Skip(1)];
    }
}
