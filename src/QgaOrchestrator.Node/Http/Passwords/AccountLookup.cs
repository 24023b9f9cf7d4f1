using System.Globalization;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http.Passwords;

/// <summary>An account of the escrow, and its VM as the node knows it now; null: the VM is gone.</summary>
public sealed record FoundAccount(Account Account, VmStatus? Vm);

/// <summary>
/// Finds the account that a path means. Its VM may be gone, or its monitor may not answer, so that its UUID is not known: who
/// needs the password then needs it most.
/// </summary>
public sealed class AccountLookup(IOrchestrator orchestrator, IEscrow escrow)
{
    private const int Batch = 500;

    /// <param name="vm">A name, host/name, or the UUID of a VM, which may be gone.</param>
    /// <exception cref="ProblemException">404 or, with the candidates, 409.</exception>
    public async Task<FoundAccount> FindAsync(string vm, string user, CancellationToken cancel)
    {
        var wanted = Wanted(vm);
        var vms = await orchestrator.ListVmsAsync(cancel);
        var named = vms.Any(one => IsNamed(one, wanted)) ? await orchestrator.FindAsync(vm, cancel) : null;
        var live = named ?? vms.FirstOrDefault(one => one.Uuid == wanted);
        var key = live is null ? wanted : AccountId.KeyOf(live.Uuid, live.Id.Host, live.Id.Name);
        if (await escrow.FindAsync(new(key, user)) is { } account) return new(account, live);

        var name = live?.Id.ToString() ?? wanted;
        var earlier = new List<Account>();
        await foreach (var one in AllAsync().WithCancellation(cancel))
            if (one.Id.User == user && (one.Name == name || one.Name.EndsWith($"/{name}", StringComparison.Ordinal)))
                earlier.Add(one);
        return earlier switch
        {
            [var one] => new(one, vms.FirstOrDefault(status => KeyOf(status) == one.Id.Vm)),
            [] => throw new ProblemException(Problems.NotFound(
                $"The escrow has no password of {user} in {wanted}.",
                "qgactl password ages lists what it has. To set one: qgactl password reset "
                    + $"--select name={live?.Id.Name ?? "VM"} --user {user}")),
            _ => throw new ProblemException(Problems.Conflict(
                ProblemCodes.AmbiguousVm,
                $"{wanted} was the name of several VMs with an account {user} in the escrow.",
                "Name one of the candidates by its UUID.") with
            {
                Candidates = [.. earlier.Select(one => one.Id.Vm)],
            }),
        };
    }

    /// <summary>All accounts, by VM and user.</summary>
    public async IAsyncEnumerable<Account> AllAsync(AccountId? after = null)
    {
        for (; ; )
        {
            var page = await escrow.ListAsync(after, Batch);
            foreach (var account in page) yield return account;
            if (page.Count < Batch) yield break;
            after = page[^1].Id;
        }
    }

    public static string KeyOf(VmStatus vm) => AccountId.KeyOf(vm.Uuid, vm.Id.Host, vm.Id.Name);

    /// <summary>Routing unescapes all but the slash; a UUID is kept in lower case.</summary>
    public static string Wanted(string vm) => vm.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase) is var text
        && Guid.TryParse(text, CultureInfo.InvariantCulture, out var uuid) ? uuid.ToString() : text;

    private static bool IsNamed(VmStatus vm, string wanted) =>
        wanted.Contains('/', StringComparison.Ordinal) ? vm.Id.ToString() == wanted : vm.Id.Name == wanted;
}
