using System.Security.Cryptography;
using System.Text;

namespace QgaOrchestrator.Lab.Tests;

public sealed class RecordLogTests
{
    [Fact]
    public void An_empty_log_has_no_record() => Assert.Equal(new(0, 0, 0, 0), Read(""));

    [Fact]
    public void Whole_records_in_order_are_counted() => Assert.Equal(new(3, 0, 0, 3), Read(Record(1) + Record(2) + Record(3)));

    [Fact]
    public void A_missing_record_is_a_gap() => Assert.Equal(new(2, 0, 1, 3), Read(Record(1) + Record(3)));

    [Fact]
    public void A_missing_beginning_is_a_gap() => Assert.Equal(new(1, 0, 1, 2), Read(Record(2)));

    [Fact]
    public void A_changed_record_is_damaged_and_leaves_a_gap() =>
        Assert.Equal(new(2, 1, 1, 3), Read(Record(1) + Record(2).Replace("time", "Time", StringComparison.Ordinal) + Record(3)));

    [Fact]
    public void An_unfinished_last_line_is_damaged() => Assert.Equal(new(1, 1, 0, 1), Read(Record(1) + Record(2)[..50]));

    [Fact]
    public void Zeros_are_damage() => Assert.Equal(new(1, 1, 0, 1), Read(Record(1) + new string('\0', 4096)));

    private static RecordLog Read(string log) => RecordLog.Read(Encoding.ASCII.GetBytes(log));

    private static string Record(int number)
    {
        var body = $"{number} time padding";
        return $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(body)))} {body}\n";
    }
}
