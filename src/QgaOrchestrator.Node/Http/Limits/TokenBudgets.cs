using QgaOrchestrator.Node.Access;

namespace QgaOrchestrator.Node.Http.Limits;

/// <summary>How much one token may ask at once and in a second.</summary>
/// <param name="PerSecond">On average; twice as many after a quiet second.</param>
/// <param name="AtOnce">Requests under way.</param>
/// <param name="Streams">Streams of server-sent events: of a run or a process.</param>
/// <param name="LargeBodies">Bodies of more than <see cref="BodyLimits.Small"/>, which are held in memory.</param>
public sealed record RoleLimits(int PerSecond, int AtOnce, int Streams, int LargeBodies)
{
    public static RoleLimits Of(Role role) => role switch
    {
        Role.Viewer => new(20, 16, 8, 0),
        Role.Operator => new(200, 128, 32, 4),
        Role.Admin => new(500, 256, 64, 8),
        _ => throw new ArgumentOutOfRangeException(nameof(role)),
    };
}

/// <summary>The kinds of requests, which are counted separately.</summary>
public enum RequestWeight { Usual, Stream, LargeBody }

/// <summary>How many requests each token has under way, and how many it has made recently.</summary>
public sealed class TokenBudgets(TimeProvider time)
{
    private readonly Lock _counting = new();
    private readonly Dictionary<string, Account> _accounts = [];

    /// <returns>A place, until it is disposed; or why there is none and how long to wait.</returns>
    public Entrance Enter(Caller caller, RequestWeight weight)
    {
        var limits = RoleLimits.Of(caller.Role);
        lock (_counting)
        {
            if (!_accounts.TryGetValue(caller.Name, out var account))
            {
                // Tokens come and go, and an idle one needs no account.
                foreach (var (name, idle) in _accounts) if (idle.IsIdle) _accounts.Remove(name);
                _accounts[caller.Name] = account = new(new(time, 2 * limits.PerSecond, limits.PerSecond));
            }
            var (most, what) = weight switch
            {
                RequestWeight.Stream => (limits.Streams, "event streams at once"),
                RequestWeight.LargeBody => (limits.LargeBodies, "large bodies at once"),
                _ => (limits.AtOnce, "requests at once"),
            };
            if (account.UnderWay[(int)weight] >= most) return new(null, $"{most} {what}", TimeSpan.FromSeconds(1));
            if (!account.Requests.Take()) return new(null, $"{limits.PerSecond} requests a second", account.Requests.Wait);
            account.UnderWay[(int)weight]++;
            return new(new Place(this, account, weight), null, TimeSpan.Zero);
        }
    }

    private void Leave(Account account, RequestWeight weight)
    {
        lock (_counting) account.UnderWay[(int)weight]--;
    }

    private sealed record Account(Bucket Requests)
    {
        public int[] UnderWay { get; } = new int[Enum.GetValues<RequestWeight>().Length];

        public bool IsIdle => Requests.IsFull && Array.TrueForAll(UnderWay, count => count == 0);
    }

    private sealed class Place(TokenBudgets budgets, Account account, RequestWeight weight) : IDisposable
    {
        public void Dispose() => budgets.Leave(account, weight);
    }
}

/// <param name="Place">Null: refused.</param>
/// <param name="Limit">The limit that was reached, in words.</param>
/// <param name="Wait">How long until a request may succeed.</param>
public sealed record Entrance(IDisposable? Place, string? Limit, TimeSpan Wait);
