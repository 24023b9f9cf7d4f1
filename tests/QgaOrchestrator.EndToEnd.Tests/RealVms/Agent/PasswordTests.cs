using System.Security.Cryptography;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Kinds.PasswordCheck;
using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;

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
        var ((first, firstHash), number) = (await CurrentAsync(vm, key), (await AccountAsync(vm)).Latest);
        Assert.True(await LogsInAsync(vm, first));

        // Its shell is busybox, which has no getent: the look needs neither.
        Assert.StartsWith("BusyBox", await vm.ShellAsync("! command -v getent; busybox | head -n 1"), StringComparison.Ordinal);
        await SucceedsAsync(vm, ResetKind.Name, new JsonObject { ["user"] = User, ["verify"] = "hash" });
        var (second, _) = await CurrentAsync(vm, key);
        Assert.True(await LogsInAsync(vm, second));
        Assert.False(await LogsInAsync(vm, first));
        await SucceedsAsync(vm, CheckKind.Name, []);

        // As a restore from last month's point leaves it.
        await vm.ShellAsync($"sed -i 's|^{User}:[^:]*|{User}:{firstHash}|' /etc/shadow");
        var found = await EndAsync(vm, CheckKind.Name, []);
        Assert.Contains($"generation {number} is in force", found.Reason, StringComparison.Ordinal);
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

    [SkippableFact]
    public async Task Logins_that_verify_a_password_lock_nobody_out_whom_two_failures_lock()
    {
        var vm = await shared.ReadyAsync();
        using var key = await LabEscrow.AddRecipientAsync(vm.Node.Data);
        await vm.ShellAsync("mkdir -p /run/faillock; faillock --user alice --reset");
        var byLogin = new JsonObject { ["user"] = User, ["verify"] = "login", ["unlock"] = true };
        await SucceedsAsync(vm, ResetKind.Name, byLogin);
        Assert.False(await SuAsync(vm, "wrong"));
        var tally = await vm.ShellAsync("faillock --user alice");
        Assert.Single(tally.Split('\n'), line => line.TrimEnd().EndsWith('V'));

        for (var time = 0; time < 3; time++) await SucceedsAsync(vm, ResetKind.Name, byLogin);

        Assert.Equal(tally, await vm.ShellAsync("faillock --user alice"));
        var (password, _) = await CurrentAsync(vm, key);
        Assert.True(await SuAsync(vm, password));
        // So it would have been seen.
        Assert.False(await SuAsync(vm, "wrong"));
        Assert.False(await SuAsync(vm, "wrong"));
        Assert.False(await SuAsync(vm, password));
        await SucceedsAsync(vm, ResetKind.Name, byLogin);
        await vm.ShellAsync("faillock --user alice --reset");
    }

    [SkippableFact]
    public async Task A_guest_that_can_prove_nothing_is_changed_where_its_agents_word_is_accepted()
    {
        var vm = await shared.ReadyAsync();
        using var key = await LabEscrow.AddRecipientAsync(vm.Node.Data);
        var plain = new JsonObject { ["user"] = User, ["unlock"] = true };
        await vm.RestartAgentAsync("-b guest-file-open,guest-file-read,guest-file-write");
        await SucceedsAsync(vm, ResetKind.Name, plain);
        var before = await AccountAsync(vm);
        Assert.Equal(Evidence.Hash, before.Current!.Evidence);

        await vm.WithoutExecAsync(async () =>
        {
            var refused = await EndAsync(vm, ResetKind.Name, plain);
            Assert.Equal(ItemStates.Failed, refused.State);
            Assert.Contains("the guest cannot prove a new password", refused.Reason, StringComparison.Ordinal);
            Assert.Contains("--accept-unverified", refused.Remedy, StringComparison.Ordinal);
            Assert.Equal(before.Latest, (await AccountAsync(vm)).Latest);

            await SucceedsAsync(vm, ResetKind.Name, new JsonObject { ["user"] = User, ["acceptUnverified"] = true });
        });

        var current = (await AccountAsync(vm)).Current!;
        Assert.Equal((before.Latest + 1, Evidence.Acknowledged), (current.Number, current.Evidence));
        // All that alice's entry was meanwhile.
        Assert.Equal([before.Current.Hash!, current.Hash!], await vm.EntriesAsync());
        Assert.True(await LogsInAsync(vm, (await CurrentAsync(vm, key)).Clear));
    }

    [SkippableFact]
    public async Task A_guest_restored_from_a_point_opens_with_what_show_at_prints_and_is_healed()
    {
        var vm = await shared.ReadyAsync();
        using var key = await LabEscrow.AddRecipientAsync(vm.Node.Data);
        // From now on, and at each boot from this disk, the guest has its /etc there.
        await vm.ShellAsync("cp -a /etc /data/etc && mount -o bind /data/etc /etc");
        var reset = new JsonObject { ["user"] = User, ["unlock"] = true };
        await SucceedsAsync(vm, ResetKind.Name, reset);
        var (first, number) = ((await CurrentAsync(vm, key)).Clear, (await AccountAsync(vm)).Latest);
        var run = await vm.Node.CtlAsync("backup", "run", "--select", $"name={FullVm.Name}");
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        await SucceedsAsync(vm, ResetKind.Name, reset);
        var (second, _) = await CurrentAsync(vm, key);

        var point = (await vm.Node.AskAsync("point", "list"))["items"]!.AsArray()[0]!;
        var id = (string)point["id"]!;
        var named = Assert.Single((await vm.Node.AskAsync("point", "show", id))["passwords"]!.AsArray());
        Assert.Equal((User, number), ((string?)named!["user"], (int)named["generation"]!));
        Assert.Equal(first, await ShowAtAsync(vm, key, id));

        var folder = Path.Combine(vm.Node.Folder, "restored");
        var images = (await vm.Node.AskAsync("point", "restore", id, "--to", folder))["images"]!.AsArray()
            .Select(image => (string)image!["file"]!).ToList();
        Assert.True(Opens(await EntryOfAsync(images[0]), first));
        await vm.BootFromAsync(images);

        // The node looks by itself when a guest comes back under a new QEMU; a check says the same.
        await Poll.ForAsync("a look at the restored guest", Guests.Limit, async () =>
            (await AccountAsync(vm)).Check is { InForce: InForce.Older } seen && seen.Generation == number ? "seen" : null);
        var found = await EndAsync(vm, CheckKind.Name, []);
        Assert.Contains($"generation {number} is in force", found.Reason, StringComparison.Ordinal);
        Assert.True(await LogsInAsync(vm, first));

        await SucceedsAsync(vm, ResetKind.Name, new JsonObject { ["user"] = User, ["mode"] = "reapply" });
        Assert.True(await LogsInAsync(vm, second));
        Assert.False(await LogsInAsync(vm, first));
        await SucceedsAsync(vm, CheckKind.Name, []);
        await vm.ShellAsync("cp /etc/shadow /run/shadow && umount /etc && cp /run/shadow /etc/shadow && rm -r /data/etc");
    }

    /// <summary>What qgactl prints of the password that the point names.</summary>
    private static async Task<string> ShowAtAsync(FullVm vm, RSA key, string point)
    {
        var file = Path.Combine(vm.Node.Folder, "holder.key");
        await File.WriteAllTextAsync(file, key.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var shown = await vm.Node.CtlAsync(
            "password", "show", FullVm.Name, User, "--at", point, "--key", file, "--reason", "restored");
        Assert.True(shown.ExitCode == 0, shown.Output + shown.Error);
        return shown.Output.Trim();
    }

    /// <summary>The account's entry in the image of the disk that holds /etc.</summary>
    private static async Task<string> EntryOfAsync(string image)
    {
        var raw = image + ".raw";
        await Tool.MustAsync("qemu-img", "convert", "-O", "raw", image, raw);
        var shadow = await Tool.MustAsync("debugfs", "-R", "cat /etc/shadow", raw);
        return shadow.Split('\n').Single(line => line.StartsWith($"{User}:", StringComparison.Ordinal)).Split(':')[1];
    }

    /// <summary>By crypt(3) of this machine.</summary>
    private static bool Opens(string entry, string password) =>
        new GuestAccounts { Shadow = { [User] = entry } }.Opens(User, password);

    private static async Task<bool> SuAsync(FullVm vm, string password) => (int?)(await vm.RunAsync(new JsonObject
    {
        ["path"] = "/usr/bin/su",
        ["arg"] = new JsonArray(User, "-c", "true"),
        ["input-data"] = FullVm.Base64(password + "\n"),
    }))["exitcode"] == 0;

    private static async Task<Account> AccountAsync(FullVm vm)
    {
        await using var escrow = LabEscrow.Of(vm.Node.Data);
        return (await escrow.ListAsync(null, 100)).Single(one => one.Id.User == User);
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
        var account = await AccountAsync(vm);
        await using var escrow = LabEscrow.Of(vm.Node.Data);
        return (await LabEscrow.OpenAsync(escrow, key, account, account.Current!), account.Current!.Hash!);
    }

    private static async Task<bool> LogsInAsync(FullVm vm, string password) => (int?)(await vm.RunAsync(new JsonObject
    {
        ["path"] = "/usr/sbin/unix_chkpwd",
        ["arg"] = new JsonArray(User, "nonull"),
        ["input-data"] = FullVm.Base64(password + "\0"),
    }))["exitcode"] == 0;
}
