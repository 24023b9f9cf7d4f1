using System.Text;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Passwords;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Passwords;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Cut;

namespace QgaOrchestrator.Actors.Kinds.PasswordReset;

/// <summary>Does what <see cref="ResetRules"/> asks for. It alone has the password in clear, until it is disposed.</summary>
internal sealed class ResetWork(ItemPlace place, ResetOptions options) : IDisposable
{
    private readonly VmServices _services = place.Services;
    private VmAccounts? _vm;
    private Secret? _clear;

    public AccountLease Lease { get; } = new(place.Order.Run, place.Order.Item, place.Order.Attempt);

    private IEscrow Escrow => _services.Passwords.Escrow;

    public async Task<ResetInput> DoAsync(ResetEffect effect, CancellationToken stopped)
    {
        try
        {
            return effect switch
            {
                ResetEffect.Lease => await LeaseAsync(),
                ResetEffect.Look => new ResetInput.Looked(await _vm!.LookAsync(options.User, stopped)),
                ResetEffect.Make make => await MakeAsync(make, stopped),
                ResetEffect.Send send => await SendAsync(send.Hash),
                ResetEffect.TestLogin => new ResetInput.LoginTested(
                    await _vm!.TestLoginAsync(options.User, _clear!, stopped)),
                ResetEffect.Record record => await RecordAsync(record.Changes),
                ResetEffect.Pause pause => await PauseAsync(pause.Time, stopped),
                _ => throw new InvalidOperationException($"unexpected effect {effect}"),
            };
        }
        catch (StoreException e)
        {
            return new ResetInput.Failed(e.Reason, e.Remedy);
        }
        catch (PasswordException e)
        {
            return new ResetInput.Failed(e.Message.TrimEnd('.'), "See qgactl escrow list, and the node's log");
        }
    }

    public void Dispose() => _clear?.Dispose();

    private AccountId Id => new(_vm!.Key, options.User);

    private async Task<ResetInput> LeaseAsync()
    {
        if (await VmAccounts.OfAsync(place) is not { } vm)
            return new ResetInput.NotSent(
                "its monitor does not answer, so whose password it would be is not known", "See qgactl vm show", Passing: true);
        _vm = vm;
        // Whose lease is over is asked only where another run has it: that asks every run.
        var leased = await TakeAsync(other => other.Run == Lease.Run);
        if (leased.Lease != Lease)
        {
            var unsettled = await _services.Unsettled(place.Spec.Id);
            leased = await TakeAsync(other => !unsettled.Contains(CutNames.For(other.Run, other.Item, other.Attempt).Hash));
        }
        return leased.Lease == Lease
            ? new ResetInput.Leased(leased)
            : new ResetInput.HeldBy(leased.Lease!.Run);
    }

    private async Task<Account> TakeAsync(Func<AccountLease, bool> isOver)
    {
        var name = place.Spec.Id.ToString();
        return (await Escrow.ChangeAsync(Id, account => AccountRules.Lease(
            (account ?? new Account(Id, name)) with { Name = name, Process = _vm!.Process }, Lease, isOver)))!;
    }

    private async Task<ResetInput> MakeAsync(ResetEffect.Make make, CancellationToken stopped)
    {
        var recipients = await _services.Passwords.ReadRecipientsAsync();
        List<string> here = [.. recipients.Select(one => one.Fingerprint)];
        if (ResetRefusals.OfRecipients(options, here, place.Spec.Id.Host) is { } refusal)
            return new ResetInput.Failed(refusal.Reason, refusal.Remedy);
        _clear?.Dispose();
        _clear = PasswordMaker.Make(options.Length);
        var hash = make.Scheme is { } scheme
            ? await _services.Passwords.Crypt.Value.HashAsync(_clear, CryptScheme.Of(scheme), stopped)
            : null;
        var now = _services.Time.GetUtcNow();
        var sealed_ = SealedPassword.Seal(
            _clear,
            new SealedContext(Id.Vm, place.Spec.Id.ToString(), options.User, make.Generation, now),
            recipients);
        var candidate = new Generation(make.Generation, now, Lease.Run, Lease.Item, hash, make.Before)
        {
            Fingerprint = hash is null ? null : PasswordFingerprint.Of(hash),
        };
        var account = await Escrow.ChangeAsync(
            Id,
            kept => Mine(kept).Latest < candidate.Number ? AccountRules.Add(kept!, candidate) : kept,
            new SealedGeneration(make.Generation, sealed_));
        return account!.Find(make.Generation) == candidate ? new ResetInput.Made(account) : new ResetInput.Leased(account);
    }

    private async Task<ResetInput> SendAsync(string? hash)
    {
        using var sent = hash is null ? null : Secret.Of(Encoding.UTF8.GetBytes(hash));
        var request = GuestSetUserPassword.Request(options.User, sent ?? _clear!, crypted: hash is not null);
        using var holder = request.Holder;
        return await ItemCalls.AskAsync(place.Channel, place.Order.Vm, request) switch
        {
            CallReply.Returned => new ResetInput.Sent(SendAnswer.Done),
            CallReply.AgentFailed { Class: "CommandNotFound" } => new ResetInput.NotSent(
                "the guest's agent does not set passwords", "Allow guest-set-user-password in the guest's agent", Passing: false),
            CallReply.AgentFailed => new ResetInput.Sent(SendAnswer.Refused),
            CallReply.Refused refused => new ResetInput.NotSent(
                refused.Reason,
                refused.Remedy,
                refused.Why is CallRefusal.Unreachable or CallRefusal.Frozen or CallRefusal.QueueFull),
            _ => new ResetInput.Sent(SendAnswer.Lost),
        };
    }

    private async Task<ResetInput> RecordAsync(IReadOnlyList<EscrowChange> changes)
    {
        var now = _services.Time.GetUtcNow();
        var account = await Escrow.ChangeAsync(
            Id, kept => changes.Aggregate(Mine(kept), (account, change) => EscrowChange.Apply(account, change, Lease, now)));
        return new ResetInput.Recorded(account!);
    }

    private Account Mine(Account? kept) => kept ?? throw new StoreException(
        $"the escrow has lost the account {Id}", "Put its latest copy back, then retry the run");

    private async Task<ResetInput> PauseAsync(TimeSpan time, CancellationToken stopped)
    {
        await Task.Delay(time, _services.Time, stopped);
        return new ResetInput.Paused();
    }
}
