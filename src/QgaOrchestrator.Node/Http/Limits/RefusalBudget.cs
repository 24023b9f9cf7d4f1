namespace QgaOrchestrator.Node.Http.Limits;

/// <summary>
/// Nobody fills the disk with refused requests, with or without a token: each caller has so many entries of his own in the audit
/// log, and the others of a minute are told by one.
/// </summary>
/// <param name="tell">Told at a minute's end how many of a caller's refusals have no entry of their own, by code.</param>
public sealed class RefusalBudget(TimeProvider time, Action<string, IReadOnlyDictionary<string, int>> tell)
{
    public const int Burst = 100, PerMinute = 10;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock _counting = new();
    private readonly Dictionary<string, Account> _accounts = [];
    private bool _waiting;

    /// <param name="who">A token's name, or <see cref="Access.Caller.Nobody"/> for all without one.</param>
    /// <returns>False: this one is only counted.</returns>
    public bool Take(string who, string code)
    {
        lock (_counting)
        {
            if (!_accounts.TryGetValue(who, out var account))
                _accounts[who] = account = new(new(time, Burst, PerMinute / Minute.TotalSeconds));
            if (!_waiting) _ = EndAsync();
            if (account.Entries.Take()) return true;
            account.Untold[code] = account.Untold.GetValueOrDefault(code) + 1;
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
        List<(string Who, Dictionary<string, int> Codes)> untold = [];
        lock (_counting)
        {
            _waiting = false;
            foreach (var (who, account) in _accounts)
            {
                if (account.Untold.Count > 0) untold.Add((who, account.Untold));
                if (account.Entries.IsFull) _accounts.Remove(who);
                else _accounts[who] = new(account.Entries);
            }
        }
        foreach (var (who, codes) in untold) tell(who, codes);
    }

    private sealed record Account(Bucket Entries)
    {
        public Dictionary<string, int> Untold { get; } = [];
    }
}
