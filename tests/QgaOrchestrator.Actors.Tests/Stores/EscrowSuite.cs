using System.Text.Json;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Actors.Tests.Stores;

/// <summary>What every implementation of <see cref="IEscrow"/> does.</summary>
public abstract class EscrowSuite : IAsyncLifetime
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);
    private static readonly AccountId Root = new("11111111-2222-3333-4444-555555555555", "root");
    private readonly List<IEscrow> _opened = [];

    /// <summary>Another object over the same data, as a new process makes it. Earlier ones may not have been closed.</summary>
    protected abstract IEscrow Create();

    /// <summary>Lets every write fail.</summary>
    protected abstract void Block();

    /// <summary>Puts something that cannot be understood in the place of an account.</summary>
    protected abstract void Damage(AccountId id);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var escrow in _opened) await escrow.DisposeAsync();
    }

    [SkippableFact]
    public async Task A_kill_after_any_step_loses_nothing_of_an_account()
    {
        Assert.Null(await Open().FindAsync(Root));
        var account = await AddAsync(Open(), Root, 1);
        await IsKeptAsync(account);
        account = await ChangeAsync(Root, old => AccountRules.Apply(old, 1, "f1", T0));
        await IsKeptAsync(account);
        account = await ChangeAsync(Root, old => AccountRules.Promote(old, 1, Evidence.Hash, "f1", T0));
        await IsKeptAsync(account);
        account = await AddAsync(Open(), Root, 2);
        account = await ChangeAsync(Root, old => AccountRules.Void(old, 2, T0));
        account = await ChangeAsync(
            Root, old => old with { Checkout = new AccountCheckout("anna", T0, T0.AddHours(1), "repair") { Rotation = "r9" } });
        account = await ChangeAsync(Root, old => AccountRules.Lease(old, new("r2", 7, 1), _ => false)!);
        account = await ChangeAsync(Root, old => AccountRules.MarkForeign(old, "vm passwd by anna", T0));

        await IsKeptAsync(account);
        Assert.Equal([account.Id], (await Open().OfVmAsync(Root.Vm)).Select(one => one.Id));
        Assert.Equal(Bytes(1), await Open().SealedAsync(Root, 1));
        Assert.Equal(Bytes(2), await Open().SealedAsync(Root, 2));
        Assert.Null(await Open().SealedAsync(Root, 3));
        Assert.Null(await Open().SealedAsync(Root with { User = "other" }, 1));
    }

    [SkippableFact]
    public async Task Changes_at_once_to_one_account_each_see_the_one_before()
    {
        var escrow = Open();

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => escrow.ChangeAsync(
            Root, old => (old ?? new(Root, "hv1/db1")) is var account ? account with { Latest = account.Latest + 1 } : null))));

        Assert.Equal(50, (await Open().FindAsync(Root))!.Latest);
    }

    [SkippableFact]
    public async Task A_change_that_returns_nothing_keeps_nothing()
    {
        Assert.Null(await Open().ChangeAsync(Root, _ => null, Sealed(1)));
        Assert.Null(await Open().FindAsync(Root));
        Assert.Null(await Open().SealedAsync(Root, 1));

        var account = await AddAsync(Open(), Root, 1);
        Assert.Equal(Text(account), Text(await Open().ChangeAsync(Root, _ => null, Sealed(2))));
        Assert.Equal(Text(account), Text(await Open().ChangeAsync(Root, same => same)));
        Assert.Null(await Open().SealedAsync(Root, 2));
    }

    [SkippableFact]
    public async Task An_account_of_which_nothing_is_worth_keeping_leaves()
    {
        var lease = new AccountLease("r1", 7, 1);
        await Open().ChangeAsync(Root, _ => AccountRules.Lease(new(Root, "hv1/db1"), lease, _ => false));
        Assert.NotNull(await Open().FindAsync(Root));

        await ChangeAsync(Root, old => AccountRules.Release(old, lease));

        Assert.Null(await Open().FindAsync(Root));
        Assert.Empty(await Open().OfVmAsync(Root.Vm));
    }

    [SkippableFact]
    public async Task A_change_that_throws_is_not_made_and_takes_no_other_with_it()
    {
        var escrow = Open();
        await AddAsync(escrow, Root, 1);
        var other = Root with { User = "other" };

        var wrong = escrow.ChangeAsync(Root, old => AccountRules.Add(old!, Candidate(1)), Sealed(1));
        var good = AddAsync(escrow, other, 1);

        await Assert.ThrowsAsync<InvalidOperationException>(() => wrong);
        await good;
        Assert.Equal(1, (await Open().FindAsync(Root))!.Latest);
        Assert.NotNull(await Open().FindAsync(other));
    }

    [SkippableFact]
    public async Task A_generation_that_leaves_takes_its_sealed_text_and_its_fingerprint_along()
    {
        for (var number = 1; number <= 4; number++)
        {
            await AddAsync(Open(), Root, number);
            var (now, print) = (number, $"f{number}");
            await ChangeAsync(Root, old => AccountRules.Promote(old, now, Evidence.Hash, print, T0.AddDays(now)));
        }

        await ChangeAsync(Root, old => AccountRules.Trim(old, T0.AddDays(9), new HashSet<int> { 2 }));

        Assert.Equal([2, 3, 4], (await Open().FindAsync(Root))!.Generations.Select(generation => generation.Number));
        Assert.Null(await Open().SealedAsync(Root, 1));
        Assert.Equal(Bytes(2), await Open().SealedAsync(Root, 2));
        Assert.Empty(await Open().WithFingerprintAsync("f1"));
        Assert.Single(await Open().WithFingerprintAsync("f2"));
    }

    [SkippableFact]
    public async Task A_list_has_each_account_once_by_VM_and_user_at_any_limit()
    {
        AccountId[] all =
        [
            .. from vm in new[] { "0a", "0b", "hv1/Z", "hv1/a" }
               from user in new[] { "Administrator", "root", "s", "übung" }
               select new AccountId(vm, user),
        ];
        foreach (var id in all.Reverse()) await AddAsync(Open(), id, 1);

        foreach (var limit in new[] { 1, 3, 16, 100 })
        {
            var seen = new List<AccountId>();
            while (await Open().ListAsync(seen.LastOrDefault(), limit) is { Count: > 0 } page)
            {
                Assert.True(page.Count <= limit);
                seen.AddRange(page.Select(account => account.Id));
            }
            Assert.Equal(all, seen);
        }
        Assert.Equal(["Administrator", "root", "s", "übung"], (await Open().OfVmAsync("hv1/a")).Select(one => one.Id.User));
    }

    [SkippableFact]
    public async Task Accounts_are_found_by_what_a_guests_entry_looks_like()
    {
        var clone = new AccountId("99999999-2222-3333-4444-555555555555", "root");
        foreach (var id in new[] { Root, clone })
        {
            await AddAsync(Open(), id, 1);
            await ChangeAsync(id, old => AccountRules.Apply(old, 1, "same", T0));
        }
        Assert.Equal([Root, clone], (await Open().WithFingerprintAsync("same")).Select(account => account.Id));

        await ChangeAsync(clone, old => AccountRules.Apply(old, 1, "its own", T0));

        Assert.Equal([Root], (await Open().WithFingerprintAsync("same")).Select(account => account.Id));
        Assert.Equal([clone], (await Open().WithFingerprintAsync("its own")).Select(account => account.Id));
        Assert.Empty(await Open().WithFingerprintAsync("nobody's"));
    }

    [SkippableFact]
    public async Task Accounts_that_are_checked_out_are_found_until_they_are_not()
    {
        await AddAsync(Open(), Root, 1);
        await AddAsync(Open(), Root with { User = "other" }, 1);
        Assert.Empty(await Open().CheckedOutAsync());

        await ChangeAsync(Root, old => old with { Checkout = new("anna", T0, T0.AddHours(1), "repair") });
        Assert.Equal([Root], (await Open().CheckedOutAsync()).Select(account => account.Id));

        await ChangeAsync(Root, old => AccountRules.Promote(old, 1, Evidence.Login, null, T0));
        Assert.Empty(await Open().CheckedOutAsync());
    }

    [SkippableFact]
    public async Task A_sealed_text_is_replaced_only_by_whoever_knows_what_it_was()
    {
        await AddAsync(Open(), Root, 1);
        await AddAsync(Open(), Root, 2);

        Assert.False(await Open().ResealAsync(Root, 1, Bytes(2), Bytes(11)));
        Assert.False(await Open().ResealAsync(Root, 3, Bytes(3), Bytes(11)));
        Assert.True(await Open().ResealAsync(Root, 1, Bytes(1), Bytes(11)));
        Assert.False(await Open().ResealAsync(Root, 1, Bytes(1), Bytes(12)));

        Assert.Equal(Bytes(11), await Open().SealedAsync(Root, 1));
        Assert.Equal(Bytes(2), await Open().SealedAsync(Root, 2));
    }

    [SkippableFact]
    public async Task A_change_that_cannot_be_stored_is_an_error_and_not_made()
    {
        var account = await AddAsync(Open(), Root, 1);
        Block();

        await Assert.ThrowsAsync<StoreException>(() => AddAsync(Open(), Root, 2));
        await Assert.ThrowsAsync<StoreException>(() => Open().ResealAsync(Root, 1, Bytes(1), Bytes(11)));

        await IsKeptAsync(account);
        Assert.Equal(Bytes(1), await Open().SealedAsync(Root, 1));
    }

    [SkippableFact]
    public async Task A_damaged_account_is_an_error_with_a_remedy_and_is_not_written_over()
    {
        await AddAsync(Open(), Root, 1);
        Damage(Root);

        var error = await Assert.ThrowsAsync<StoreException>(() => Open().FindAsync(Root));
        Assert.NotEmpty(error.Remedy);
        await Assert.ThrowsAsync<StoreException>(() => Open().ChangeAsync(Root, _ => new Account(Root, "hv1/db1")));
        await Assert.ThrowsAsync<StoreException>(() => Open().FindAsync(Root));
    }

    private IEscrow Open()
    {
        var escrow = Create();
        _opened.Add(escrow);
        return escrow;
    }

    private async Task<Account> ChangeAsync(AccountId id, Func<Account, Account> change) =>
        (await Open().ChangeAsync(id, old => change(old!)))!;

    private static async Task<Account> AddAsync(IEscrow escrow, AccountId id, int number) => (await escrow.ChangeAsync(
        id, old => AccountRules.Add(old ?? new(id, "hv1/db1"), Candidate(number)), Sealed(number)))!;

    private async Task IsKeptAsync(Account account) => Assert.Equal(Text(account), Text(await Open().FindAsync(account.Id)));

    private static Generation Candidate(int number) => new(number, T0, "r1", 7, "$6$salt$hash", "before");

    private static SealedGeneration Sealed(int number) => new(number, Bytes(number));

    private static byte[] Bytes(int number) => [0x30, 0, (byte)number];

    private static string Text(Account? account) => JsonSerializer.Serialize(account!, AccountJson.Default.Account);
}
