namespace QgaOrchestrator.Core.Tests;

public class DurationTests
{
    [Theory]
    [InlineData("00:00:00", "00:00:00")]
    [InlineData("00:05:00.25", "00:05:00.2500000")]
    [InlineData("30:00:00", "1.06:00:00")]
    [InlineData("1.06:00:00", "1.06:00:00")]
    [InlineData("999999.23:59:59.9999999", "999999.23:59:59.9999999")]
    public void More_than_23_hours_are_hours_or_stand_behind_days(string text, string expected)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(expected, duration.ToString("c"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("00:05")]
    [InlineData("00:60:00")]
    [InlineData("00:00:60")]
    [InlineData("1.24:00:00")]
    [InlineData("-00:05:00")]
    [InlineData(" 00:05:00")]
    [InlineData("00:05:00\n")]
    [InlineData("00:05:00\0")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1e300")]
    [InlineData("9999999.00:00:00")]
    [InlineData("10675199.02:48:05.4775807")]
    [InlineData("٠٠:٠٥:٠٠")]
    public void Anything_else_is_no_duration(string text) => Assert.False(Duration.TryParse(text, out _));

    [Fact]
    public void A_date_plus_a_stored_duration_of_any_length_does_not_overflow()
    {
        var now = new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(now.AddHours(1), Duration.After(now, TimeSpan.FromHours(1)));
        Assert.Equal(DateTimeOffset.MaxValue, Duration.After(now, TimeSpan.MaxValue));
        Assert.Equal(DateTimeOffset.MaxValue, Duration.After(DateTimeOffset.MaxValue, TimeSpan.FromTicks(1)));
    }
}
