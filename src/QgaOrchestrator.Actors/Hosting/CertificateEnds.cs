using QgaOrchestrator.Actors.Membership;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>When the certificates of this node end, each by its name in /readyz. A node without any has none.</summary>
public sealed class CertificateEnds
{
    /// <summary>From so long before a certificate's end on, its renewal is told.</summary>
    public static readonly TimeSpan Renewal = TimeSpan.FromDays(30);

    private volatile Certificate[] _all = [];

    /// <param name="trust">With the node's certificate; null: it needs none.</param>
    public CertificateEnds(PeerTrust? trust = null)
    {
        if (trust is null) return;
        Add(
            "certificate", "the node's certificate", () => trust.Own.NotAfter,
            "Renew it and start the node again");
        Add(
            "authority", "the CA in ca.pem", () => trust.AuthoritiesEnd,
            "Add a new CA to ca.pem on every host, then give each host a certificate of it");
    }

    /// <summary>When the first of them ends; null: there is none.</summary>
    public DateTimeOffset? First => _all.Length == 0 ? null : _all.Min(one => one.End());

    /// <param name="name">In /readyz.</param>
    /// <param name="what">In words.</param>
    /// <param name="end">Its end now: it may be replaced meanwhile.</param>
    /// <param name="remedy">How it is renewed, a sentence without its full stop.</param>
    public void Add(string name, string what, Func<DateTime> end, string remedy) =>
        _all = [.. _all, new(name, what, () => new DateTimeOffset(end().ToUniversalTime()), remedy)];

    /// <summary>Name → "ok", with what is due soon, or that it has expired.</summary>
    public IEnumerable<(string Name, string Check)> Checks(DateTimeOffset now) =>
        _all.Select(one => (one.Name, Check(one.What, one.End(), one.Remedy, now)));

    public static string Check(string what, DateTimeOffset end, string remedy, DateTimeOffset now)
    {
        var left = end - now;
        return left > Renewal ? NodeReadiness.Ok
            : left > TimeSpan.Zero
                ? $"{NodeReadiness.Ok}, but {what} expires at {end.UtcDateTime:u}, in {left.Days} days. {remedy}"
            : $"{what} has expired at {end.UtcDateTime:u}. {remedy}";
    }

    private sealed record Certificate(string Name, string What, Func<DateTimeOffset> End, string Remedy);
}
