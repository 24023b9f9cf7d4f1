using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Kinds.Backup;
using QgaOrchestrator.Actors.Kinds.Command;
using QgaOrchestrator.Actors.Kinds.Exec;
using QgaOrchestrator.Actors.Kinds.PasswordCheck;
using QgaOrchestrator.Actors.Kinds.PasswordReset;

namespace QgaOrchestrator.Actors.Kinds;

/// <summary>The kinds of run, by name. A new kind is a line in <see cref="Known"/>.</summary>
public sealed class RunKinds
{
    private readonly Dictionary<string, RunKind> _byName = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">Two kinds have one name.</exception>
    public RunKinds(params IReadOnlyList<RunKind> all)
    {
        All = all;
        foreach (var kind in all) _byName.Add(kind.Name, kind);
    }

    /// <summary>Those of this version.</summary>
    public static RunKinds Known { get; } = new(
        new BackupRunKind(),
        new CommandRunKind(command => Known!.InsteadOf(command)),
        new ExecRunKind(),
        new PasswordResetRunKind(),
        new PasswordCheckRunKind());

    public IReadOnlyList<RunKind> All { get; }

    /// <summary>Directories of files that only the node may read, by name in its data directory.</summary>
    public IEnumerable<string> Directories => All.SelectMany(kind => kind.Directories);

    /// <summary>The kind that does what this agent command alone must not do in a run, and how; null: there is none.</summary>
    public string? InsteadOf(string command) =>
        All.Select(kind => kind.InsteadOf(command)).FirstOrDefault(how => how is not null);

    /// <returns>Null: there is none of this name, or not in this version.</returns>
    public RunKind? Find(string name) => _byName.GetValueOrDefault(name);
}
