using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace QgaOrchestrator.Actors.Membership;

/// <summary>Who was refused as a node, and why: one line a minute for each kind of reason, since whoever is refused comes
/// again.</summary>
public sealed partial class RefusalLog(TimeProvider time, ILogger<RefusalLog> log)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, long> _told = [];

    /// <param name="kind">What they have in common, such as another CA.</param>
    /// <param name="peer">Address, as far as it is known.</param>
    public void Refused(string kind, string peer, string why)
    {
        var now = time.GetTimestamp();
        if (_told.TryGetValue(kind, out var last) && time.GetElapsedTime(last, now) < Quiet) return;
        _told[kind] = now;
        Write(log, peer, why);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Peer} is refused as a node of this cluster: {Why}. More of this kind are not logged for a minute")]
    private static partial void Write(ILogger log, string peer, string why);
}
