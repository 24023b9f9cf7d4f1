using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Runs;
using QgaOrchestrator.Core.Kinds.PasswordCheck;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Cli.Kinds.PasswordCheck;

/// <summary>Kind password-check: <c>password check</c>.</summary>
internal sealed class PasswordCheckCliKind : CliKind
{
    public override KindDisplay Display { get; } = new(CheckKind.Name)
    {
        Defaults = CommonOptions.Defaults(CheckKind.MaxFailures, CheckKind.Options),
        WorkMembers = ["user"],
        Work = options => options["user"] is { } user ? $"{user}" : null,
    };

    public override IReadOnlySet<string> PlainOptions { get; } = new HashSet<string> { "user" };

    public override bool HasOwnReasons => true;

    public override IEnumerable<CliCommand> PasswordCommands(CliHost host, GlobalOptions global) =>
        [PasswordCheckCommand.Build(host, global)];
}
