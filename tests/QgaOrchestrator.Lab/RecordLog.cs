using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace QgaOrchestrator.Lab;

/// <summary>What a guest's log says: its records, checked one by one.</summary>
/// <param name="Whole">Records whose sum is right.</param>
/// <param name="Damaged">Lines that are no such record, an unfinished last one included.</param>
/// <param name="Gaps">Places where a number does not follow the one before.</param>
/// <param name="Last">The last whole record's number; 0 without any.</param>
public sealed record RecordLog(int Whole, int Damaged, int Gaps, long Last)
{
    /// <summary>Reads lines of <c>sha256 number uptime padding</c>, the sum over all that follows its blank; numbers start at
    /// 1.</summary>
    public static RecordLog Read(ReadOnlySpan<byte> log)
    {
        int whole = 0, damaged = 0, gaps = 0;
        long last = 0;
        while (!log.IsEmpty)
        {
            var end = log.IndexOf((byte)'\n');
            var number = end < 0 ? null : NumberOf(log[..end]);
            log = end < 0 ? default : log[(end + 1)..];
            if (number is null)
            {
                damaged++;
                continue;
            }
            if (number != last + 1)
                gaps++;
            (whole, last) = (whole + 1, number.Value);
        }
        return new(whole, damaged, gaps, last);
    }

    private static long? NumberOf(ReadOnlySpan<byte> line)
    {
        if (line.Length < 66 || line[64] != ' ')
            return null;
        var body = line[65..];
        if (!Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(body))).AsSpan().SequenceEqual(line[..64]))
            return null;
        var blank = body.IndexOf((byte)' ');
        return blank > 0 && long.TryParse(body[..blank], CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
