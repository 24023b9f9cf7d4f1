using System.Globalization;
using System.Security.Cryptography;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>Ids of runs: <c>20261123T004500Z-abcdef</c>, so that they sort by time and can be told apart by eye.</summary>
public static class RunIds
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    public static string New(DateTimeOffset now) =>
        now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture) + "-" + RandomNumberGenerator
            .GetString(Alphabet, 6);
}
