using QgaOrchestrator.Lab;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.EndToEnd.Tests.Libvirt;

/// <summary>Looks every 10 ms at what the guest says of its freezes and at the windows in the ledger, with the host's
/// time.</summary>
internal sealed class FreezeWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private readonly LibvirtVm _vm;
    private readonly FreezeLedger _ledger;
    private readonly int _before;
    private readonly List<(string What, long At)> _hooks = [];
    private readonly List<(string Id, long Opened)> _windows = [];
    private readonly Task _watching;

    public FreezeWatch(LibvirtVm vm, FreezeLedger ledger)
    {
        (_vm, _ledger, _before) = (vm, ledger, vm.Synced.Hooks.Count);
        _watching = WatchAsync();
    }

    /// <summary>When the first window opened; null: none has.</summary>
    public long? OpenedAt
    {
        get { lock (_gate) return _windows.Count > 0 ? _windows[0].Opened : null; }
    }

    /// <summary>When the guest's hook was first called for a freeze; null: it was not.</summary>
    public long? FrozenAt
    {
        get { lock (_gate) return _hooks.Count > 0 ? _hooks[0].At : null; }
    }

    /// <summary>For how long behind this instant the guest was frozen by a freeze of the first window: one that was under way
    /// begins later.</summary>
    public TimeSpan FrozenAfter(long instant)
    {
        lock (_gate)
        {
            var second = _windows.Count > 1 ? _windows[1].Opened : long.MaxValue;
            var longest = TimeSpan.Zero;
            long? frozen = null;
            foreach (var (what, at) in _hooks.Append(("thaw", TimeProvider.System.GetTimestamp())))
            {
                // The hook is also called by a thaw of what was thawed already.
                if (what == "freeze") frozen ??= at;
                if (what == "freeze" || frozen is not { } since) continue;
                frozen = null;
                var length = TimeProvider.System.GetElapsedTime(Math.Max(instant, since), at);
                if (since < second && length > longest) longest = length;
            }
            return longest;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching;
        _end.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token)) Look();
        }
        catch (OperationCanceledException)
        {
            // Its owner has seen enough.
        }
    }

    private void Look()
    {
        var hooks = _vm.Synced.Hooks.Skip(_before).ToList();
        var open = _ledger.ReadAll().Open.Select(entry => entry.Window).FirstOrDefault();
        var now = TimeProvider.System.GetTimestamp();
        lock (_gate)
        {
            foreach (var hook in hooks.Skip(_hooks.Count)) _hooks.Add((hook.What, now));
            if (open is not null && _windows.All(window => window.Id != open)) _windows.Add((open, now));
        }
    }
}
