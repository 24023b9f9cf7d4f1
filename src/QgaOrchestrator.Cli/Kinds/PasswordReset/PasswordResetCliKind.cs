using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Runs;
using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Cli.Kinds.PasswordReset;

/// <summary>Kind password-reset: <c>password reset</c>.</summary>
internal sealed class PasswordResetCliKind : CliKind
{
    public override KindDisplay Display { get; } = new(ResetKind.Name)
    {
        Defaults = CommonOptions.Defaults(default, ResetKind.Options),
        WorkMembers = ["user"],
        Work = options => options["user"] is { } user ? $"{user}" : null,
    };

    public override IReadOnlySet<string> PlainOptions { get; } = new HashSet<string>
    {
        "user", "length", "crypted", "verify", "unlock", "clearMustChange", "acceptUnverified", "mode",
    };

    public override bool HasOwnReasons => true;

    public override IEnumerable<CliCommand> PasswordCommands(CliHost host, GlobalOptions global) =>
        [PasswordResetCommand.Build(host, global)];
}
