namespace QgaOrchestrator.Architecture.Tests;

/// <summary>
/// Time and chance are parameters, in rules and protocol alike, so that a limit is tested without waiting for it. The
/// analyzer's list of banned symbols says the same while one writes; this reads what was built, generated code included.
/// </summary>
public class ClockTests
{
    private static readonly HashSet<string> Banned =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today",
        "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow",
        "System.Diagnostics.Stopwatch.*",
        "System.Environment.get_TickCount", "System.Environment.get_TickCount64",
        "System.Threading.Thread.Sleep",
        "System.TimeProvider.get_System",
        "System.Random.get_Shared", "System.Random..ctor()",
        "System.Guid.NewGuid", "System.Guid.CreateVersion7",
    ];

    [Theory]
    [InlineData("QgaOrchestrator.Core")]
    [InlineData("QgaOrchestrator.Qemu")]
    public void Nothing_reads_a_clock_sleeps_or_throws_dice(string assembly) =>
        Assert.Empty(Built.Members(assembly).Where(IsBanned).Distinct().Order(StringComparer.Ordinal));

    /// <summary>The scan finds what it looks for: this very assembly reads a clock, once.</summary>
    [Fact]
    public void The_scan_finds_a_use_of_the_clock()
    {
        Assert.True(ReadsAClock() > DateTimeOffset.UnixEpoch);
        Assert.Contains("System.DateTimeOffset.get_UtcNow()", Built.Members(typeof(ClockTests).Assembly.GetName().Name!));
        Assert.True(IsBanned("System.DateTimeOffset.get_UtcNow()"));
        Assert.True(IsBanned("System.Diagnostics.Stopwatch.GetTimestamp()"));
        Assert.True(IsBanned("System.Random..ctor()"));
        Assert.False(IsBanned("System.Random..ctor(1)"));
        Assert.False(IsBanned("System.TimeProvider.GetUtcNow()"));
    }

    private static DateTimeOffset ReadsAClock() => DateTimeOffset.UtcNow;

    /// <param name="member">As <see cref="Built.Members"/> tells it: type, name, and the number of parameters if any.</param>
    private static bool IsBanned(string member)
    {
        var name = member[..member.LastIndexOf('(')];
        return Banned.Contains(member) || Banned.Contains(name) || Banned.Contains($"{name[..name.LastIndexOf('.')]}.*");
    }
}
