using System.CommandLine;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Runs;

/// <summary>
/// What qgactl has of one kind of run: how a run of it is shown, and the commands that start one. A kind that has none is shown
/// without columns of its own.
/// </summary>
internal abstract class CliKind
{
    public abstract KindDisplay Display { get; }

    /// <summary>Beside vm, run, point and password.</summary>
    public virtual IEnumerable<CliCommand> Commands(CliHost host, GlobalOptions global) => [];

    /// <summary>Below vm.</summary>
    public virtual IEnumerable<CliCommand> VmCommands(CliHost host, GlobalOptions global) => [];

    /// <summary>Below run.</summary>
    public virtual IEnumerable<CliCommand> RunCommands(CliHost host, GlobalOptions global) => [];

    /// <summary>Below password.</summary>
    public virtual IEnumerable<CliCommand> PasswordCommands(CliHost host, GlobalOptions global) => [];

    /// <summary>How runs of this kind call one agent command; null: this kind does something else.</summary>
    public virtual ISelectedCalls? SelectedCalls => null;

    /// <summary>Options beside the common ones that a colleague elsewhere may see: none that a guest is given.</summary>
    public virtual IReadOnlySet<string> PlainOptions => new HashSet<string>();

    /// <summary>Reasons and remedies of its items are our own words. Else they may repeat what a guest was given.</summary>
    public virtual bool HasOwnReasons => false;

    /// <summary>qgactl ends with the exit code of a guest's process, so that no code of ours may look like one.</summary>
    public virtual bool EndsAsTheGuest(ParseResult parsed) => false;
}
