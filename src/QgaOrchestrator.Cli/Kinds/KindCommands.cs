using QgaOrchestrator.Cli.Kinds.Backup;
using QgaOrchestrator.Cli.Kinds.Command;
using QgaOrchestrator.Cli.Kinds.Exec;
using QgaOrchestrator.Cli.Kinds.PasswordCheck;
using QgaOrchestrator.Cli.Kinds.PasswordReset;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Runs;

namespace QgaOrchestrator.Cli.Kinds;

/// <summary>The kinds of run that have commands or columns of their own. A new one is a line in <see cref="All"/>.</summary>
internal static class KindCommands
{
    public static IReadOnlyList<CliKind> All { get; } =
    [
        new BackupCliKind(),
        new CommandCliKind(),
        new ExecCliKind(),
        new PasswordResetCliKind(),
        new PasswordCheckCliKind(),
    ];

    public static ISelectedCalls SelectedCalls { get; } =
        All.Select(kind => kind.SelectedCalls).OfType<ISelectedCalls>().Single();

    public static KindDisplays Displays { get; } = new([.. All.Select(kind => kind.Display)]);
}
