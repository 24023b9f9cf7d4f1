using Akka.Actor;
using QgaOrchestrator.Actors.Guests;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Actors.Passwords;

/// <summary>The accounts of one VM's guest, for its items.</summary>
/// <param name="Key">Whose they are in the escrow.</param>
/// <param name="System">As far as it is known.</param>
/// <param name="Qemu">Null: not known.</param>
/// <param name="Process">The same process, as <see cref="VmStatus.Process"/> names it.</param>
internal sealed record VmAccounts(
    string Key, GuestSystem System, QemuProcess? Qemu, string? Process, AgentCall Call, TimeProvider Time)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <returns>Null: the VM has a monitor, and it has not told which VM this is.</returns>
    public static async Task<VmAccounts?> OfAsync(ItemPlace place)
    {
        var known = await place.Channel.Ask<VmDescribed>(new DescribeVm(), Longest);
        if (place.Machine is not null && !known.Machine.Up) return null;
        known = await known.MetAsync(place.Channel);
        var id = place.Spec.Id;
        return new VmAccounts(
            AccountId.KeyOf(known.Machine.Uuid, id.Host, id.Name),
            GuestAccount.SystemOf(known.Guest.Inventory?.OsId),
            known.Machine.Process,
            known.Machine.Process is { } qemu ? VmView.NameOf(place.Services.BootId, qemu) : null,
            request => ItemCalls.AskAsync(place.Channel, id, request),
            place.Services.Time);
    }

    /// <summary>A chardev of QEMU's with a logfile holds what is sent to the guest. Where its command line cannot be read, nobody
    /// can tell.</summary>
    private readonly Lazy<bool> _qemuLogs = new(() => Qemu is { } qemu && HostProcesses.Arguments(qemu).Any(argument =>
        argument.Contains("logfile=", StringComparison.Ordinal)));

    public async Task<EntryLook> LookAsync(string user, CancellationToken cancel) => _qemuLogs.Value
        ? new EntryLook.NotHere(AccountFault.ChannelLogged)
        : await new GuestAccount(Call, user, System, Time).LookAsync(cancel);

    public Task<LoginTest> TestLoginAsync(string user, Secret password, CancellationToken cancel) =>
        new GuestAccount(Call, user, System, Time).TestLoginAsync(password, cancel);
}
