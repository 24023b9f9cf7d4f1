using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Core.Kinds.PasswordCheck;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Kinds.PasswordCheck;

/// <summary>Kind password-check: see <see cref="CheckKind"/>.</summary>
public sealed class PasswordCheckRunKind : RunKind
{
    public override string Name => CheckKind.Name;

    public override string Help => "compares each guest's accounts with the escrow, decrypting nothing";

    public override bool NeedsSelector => false;

    public override CountOrPercent MaxFailures => CheckKind.MaxFailures;

    public override IReadOnlyList<RunStep> Steps => [CheckKind.Compare];

    public override IReadOnlyList<OptionInfo> OwnOptions => CheckKind.Options;

    public override IReadOnlyList<ResultColumn> ItemColumns { get; } =
        [new("accounts", "ACCOUNTS", ColumnFormat.Number), new("inForce", "IN FORCE")];

    public override Props Worker(ItemPlace place) => ActorProps.Of(() => new CheckItem(place));

    public override Props Checker(ItemPlace place) => Worker(place);

    public override void AddServices(IServiceCollection services) => services.AddHostedService<RestartWatch>();

    protected override RunOptions Read(RunOptions run, RunOptionReader reader)
    {
        var user = reader.Text("user");
        if (user is not null && !AccountId.IsUser(user)) reader.Fail("user", AccountId.UserExpected);
        return new CheckOptions(user).In(run);
    }
}
