using System.Globalization;
using System.Text.Json.Nodes;
using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Passwords;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Kinds.PasswordReset;

/// <summary>Kind password-reset: see <see cref="ResetKind"/>.</summary>
public sealed class PasswordResetRunKind : RunKind
{
    public override string Name => ResetKind.Name;

    public override string Help => "sets a new password for one account of each VM, which the escrow holds before";

    /// <summary>A password may have been sent.</summary>
    public override ItemState LostAs => ItemState.Unknown;

    public override IReadOnlyList<RunStep> Steps =>
        [ResetKind.Look, ResetKind.Escrow, ResetKind.Apply, ResetKind.Verify, ResetKind.Promote];

    public override IReadOnlyList<OptionInfo> OwnOptions => ResetKind.Options;

    public override IReadOnlyList<ResultColumn> ItemColumns { get; } =
    [
        new("generation", "GENERATION", ColumnFormat.Number),
        new("evidence", "EVIDENCE"),
        new("scheme", "SCHEME"),
    ];

    public override IEnumerable<string> AuditDetails(OwnValues? kept)
    {
        var values = ResetValues.Of(kept);
        if (values.Generation is { } generation)
            yield return string.Create(
                CultureInfo.InvariantCulture, $"generation {generation}, {values.Evidence?.ToString().ToLowerInvariant()}");
    }

    /// <summary>A password that nobody could open is not made. The current one again needs nobody.</summary>
    public override async Task<KindRefusal?> RefusalAsync(NodeStores stores, RunOptions options) =>
        ResetOptions.Of(options)?.Mode == ResetMode.Reapply || (await stores.Recipients.ReadAsync()).Count > 0
            ? null
            : new KindRefusal(
                "no-recipient",
                "Nobody could open the new passwords: the escrow has no recipient.",
                "Make a key and add it: qgactl escrow init NAME --to DIR. Or add a certificate: qgactl escrow add NAME FILE.");

    /// <summary>Who can open the new passwords: each host has its own files of them, and may differ.</summary>
    public override async Task<RunOptions> FixAsync(NodeStores stores, RunOptions options)
    {
        if (ResetOptions.Of(options) is not { Mode: ResetMode.Rotate } own) return options;
        var recipients = await RecipientSum.ReadAsync(stores.Recipients);
        return (own with { Recipients = [.. recipients.Order(StringComparer.Ordinal)] }).In(options);
    }

    public override void Show(JsonObject own) => own.Remove("recipients");

    public override async Task<IReadOnlyList<string>> WarningsAsync(NodeStores stores, RunOptions options) =>
        (await stores.Recipients.ReadAsync()).Count == 1
            ? ["Only one key opens the new passwords. When it is lost, they are: add a second one with qgactl escrow add."]
            : [];

    public override Props Worker(ItemPlace place) => ActorProps.Of(() => new ResetItem(place));

    public override Props Checker(ItemPlace place) => ActorProps.Of(() => new ResetCheck(place));

    public override void AddServices(IServiceCollection services) => services.AddHostedService<CheckoutKeeper>();

    protected override RunOptions Read(RunOptions run, RunOptionReader reader)
    {
        var user = reader.Text("user") ?? "";
        if (!AccountId.IsUser(user)) reader.Fail("user", AccountId.UserExpected);
        var length = reader.Number("length", ResetOptions.ShortestLength, ResetOptions.LongestLength);
        return new ResetOptions(
            user,
            length ?? ResetOptions.DefaultLength,
            reader.FlagOrNull("crypted"),
            reader.OneOf<ResetProof>("verify") ?? ResetProof.Hash,
            reader.Flag("unlock"),
            reader.Flag("clearMustChange"),
            reader.Flag("acceptUnverified"),
            reader.OneOf<ResetMode>("mode") ?? ResetMode.Rotate).In(run);
    }
}
