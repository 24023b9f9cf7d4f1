using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Runs;
using QgaOrchestrator.Core.Kinds.PasswordCheck;
using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Cli.Kinds.Passwords;

/// <summary>Kind password-reset, and all of <c>password</c> and <c>escrow</c>.</summary>
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

    public override IEnumerable<CliCommand> Commands(CliHost host, GlobalOptions global) =>
    [
        new CliCommand("password", "Resets passwords of accounts in guests, and shows those in the escrow.")
        {
            PasswordRunCommands.BuildReset(host, global),
            PasswordRunCommands.BuildCheck(host, global),
            PasswordShowCommand.Build(host, global),
            PasswordListCommands.BuildHistory(host, global),
            PasswordListCommands.BuildAges(host, global),
            PasswordExportCommand.Build(host, global),
            CheckoutCommands.BuildOut(host, global),
            CheckoutCommands.BuildIn(host, global),
        },
        new CliCommand("escrow", "Manages the recipients: whose keys open the passwords that nodes seal.")
        {
            EscrowInitCommand.Build(host, global),
            RecipientCommands.BuildAdd(host, global),
            RecipientCommands.BuildList(host, global),
            RecipientCommands.BuildRemove(host, global),
            EscrowRewrapCommand.Build(host, global),
            EscrowTestCommand.Build(host, global),
        },
    ];
}

/// <summary>Kind password-check.</summary>
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
}
