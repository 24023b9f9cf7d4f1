using System.Globalization;
using System.Security.Cryptography;
using Akka.Util;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>Ids of runs: <c>20261123T004500Z-abcdef</c>, so that they sort by time and can be told apart by eye.</summary>
public static class RunIds
{
    /// <summary>Runs of one shard live on one node. For good: the runs that a node remembers are stored by shard.</summary>
    internal const int Shards = 10;

    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    public static string New(DateTimeOffset now) =>
        now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture) + "-" + RandomNumberGenerator
            .GetString(Alphabet, 6);

    /// <summary>A run that lives where another one does.</summary>
    public static string NewBeside(string other, DateTimeOffset now)
    {
        string id;
        do id = New(now);
        while (ShardOf(id) != ShardOf(other));
        return id;
    }

    /// <summary>As Akka's HashCodeMessageExtractor computes it.</summary>
    private static int ShardOf(string id) => Math.Abs(MurmurHash.StringHash(id)) % Shards;
}
