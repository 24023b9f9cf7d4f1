namespace QgaOrchestrator.Node.Http.Limits;

/// <summary>
/// Keeps refused requests from filling the disk: each caller gets a number of audit entries for them, and all further refusals of
/// a minute share one entry.
/// </summary>
/// <param name="report">Called at the end of a minute with the refusals of a caller that got no entry, counted by code.</param>
public sealed class RefusalBudget(TimeProvider time, Action<string, IReadOnlyDictionary<string, int>> report)
{
    public const int Burst = 100, PerMinute = 10;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock _counting = new();
    private readonly Dictionary<string, Account> _accounts = [];
    private bool _waiting;

    /// <param name="who">A token's name, or <see cref="Access.Caller.Nobody"/> for all without one.</param>
    /// <returns>False: this refusal is only counted.</returns>
    public bool Spend(string who, string code)
    {
        lock (_counting)
        {
            if (!_accounts.TryGetValue(who, out var account))
                _accounts[who] = account = new(new(time, Burst, PerMinute / Minute.TotalSeconds));
            if (!_waiting) _ = EndAsync();
            if (account.Entries.Take()) return true;
            account.Shared[code] = account.Shared.GetValueOrDefault(code) + 1;
            return false;
        }
    }

    /// <summary>How long until this caller's next refusal would have an entry of its own; zero: now.</summary>
    public TimeSpan Wait(string who)
    {
        lock (_counting) return _accounts.TryGetValue(who, out var account) ? account.Entries.Wait : TimeSpan.Zero;
    }

    private async Task EndAsync()
    {
        _waiting = true;
        await Task.Delay(Minute, time);
        List<(string Who, Dictionary<string, int> Codes)> shared = [];
        lock (_counting)
        {
            _waiting = false;
            foreach (var (who, account) in _accounts)
            {
                if (account.Shared.Count > 0) shared.Add((who, account.Shared));
                if (account.Entries.IsFull) _accounts.Remove(who);
                else _accounts[who] = new(account.Entries);
            }
        }
        foreach (var (who, codes) in shared) report(who, codes);
    }

    private sealed record Account(Bucket Entries)
    {
        public Dictionary<string, int> Shared { get; } = [];
    }
}
