using System.Security.Cryptography;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Kinds.PasswordCheck;
using QgaOrchestrator.Core.Kinds.PasswordReset;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms.Agent;

/// <summary>Passwords of a real guest: its own login check says which one opens the account.</summary>
[Collection(nameof(FullVm))]
public sealed class PasswordTests(FullVm shared)
{
    private const string User = "alice";

    [SkippableFact]
    public async Task The_new_password_logs_in_the_old_one_does_not_and_a_restored_guest_is_healed()
    {
        var vm = await shared.ReadyAsync();
        using var key = await LabEscrow.AddRecipientAsync(vm.Node.Data);

        await SucceedsAsync(vm, ResetKind.Name, new JsonObject { ["user"] = User, ["verify"] = "login", ["unlock"] = true });
        var (first, firstHash) = await CurrentAsync(vm, key);
        Assert.True(await LogsInAsync(vm, first));

        await SucceedsAsync(vm, ResetKind.Name, new JsonObject { ["user"] = User });
        var (second, _) = await CurrentAsync(vm, key);
        Assert.True(await LogsInAsync(vm, second));
        Assert.False(await LogsInAsync(vm, first));
        await SucceedsAsync(vm, CheckKind.Name, []);

        // As a restore from last month's point leaves it.
        await vm.ShellAsync($"sed -i 's|^{User}:[^:]*|{User}:{firstHash}|' /etc/shadow");
        var found = await EndAsync(vm, CheckKind.Name, []);
        Assert.Contains("generation 1 is in force", found.Reason, StringComparison.Ordinal);
        Assert.Contains("--mode reapply", found.Remedy, StringComparison.Ordinal);

        await SucceedsAsync(vm, ResetKind.Name, new JsonObject { ["user"] = User, ["mode"] = "reapply" });
        Assert.True(await LogsInAsync(vm, second));
        await SucceedsAsync(vm, CheckKind.Name, []);
    }

    [SkippableFact]
    public async Task An_account_that_is_locked_or_not_there_is_refused_before_anything_is_made()
    {
        var vm = await shared.ReadyAsync();
        using var key = await LabEscrow.AddRecipientAsync(vm.Node.Data);
        await vm.ShellAsync("sed -i 's|^root:[^:]*|root:*|' /etc/shadow");
        foreach (var (user, reason) in new[] { ("root", "is locked"), ("bob", "no account bob") })
        {
            var item = await EndAsync(vm, ResetKind.Name, new JsonObject { ["user"] = user });
            Assert.Contains(reason, item.Reason, StringComparison.Ordinal);
        }
        await using var escrow = LabEscrow.Of(vm.Node.Data);
        Assert.DoesNotContain(await escrow.ListAsync(null, 100), account => account.Id.User is "root" or "bob");
    }

    private static async Task SucceedsAsync(FullVm vm, string kind, JsonObject options)
    {
        var item = await EndAsync(vm, kind, options);
        Assert.True(item.State == ItemStates.Succeeded, $"{kind} {options.ToJsonString()}: {item.Reason}. {item.Remedy}");
    }

    private static async Task<ItemStatus> EndAsync(FullVm vm, string kind, JsonObject options)
    {
        using var client = vm.Node.Client();
        var run = await client.StartRunAsync(new RunRequest(kind, $"name={FullVm.Name}", options.DeepClone().AsObject()));
        await vm.Node.WaitForRunAsync(run.Id);
        await foreach (var item in client.ListRunItemsAsync(run.Id)) return item;
        throw new InvalidOperationException($"{run.Id} has no item");
    }

    private static async Task<(string Clear, string Hash)> CurrentAsync(FullVm vm, RSA key)
    {
        await using var escrow = LabEscrow.Of(vm.Node.Data);
        var account = (await escrow.ListAsync(null, 100)).Single(one => one.Id.User == User);
        return (await LabEscrow.OpenAsync(escrow, key, account, account.Current!), account.Current!.Hash!);
    }

    private static async Task<bool> LogsInAsync(FullVm vm, string password) => (int?)(await vm.RunAsync(new JsonObject
    {
        ["path"] = "/usr/sbin/unix_chkpwd",
        ["arg"] = new JsonArray(User, "nonull"),
        ["input-data"] = FullVm.Base64(password + "\0"),
    }))["exitcode"] == 0;
}
