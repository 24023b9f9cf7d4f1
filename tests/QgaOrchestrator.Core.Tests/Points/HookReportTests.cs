using System.Text;
using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Core.Tests.Points;

/// <summary>Only a hook that was called for this very freeze, in this boot, and whose every script agreed, proves
/// anything.</summary>
public class HookReportTests
{
    private static readonly HookScript Postgres = new("50-postgresql", 0, 12), Mysql = new("60-mysql", 0, 8);

    private static readonly HookStatus Before = new(1, 6, "boot", [Postgres], [Postgres]);

    private static readonly HookStatus Good = new(1, 7, "boot", [Postgres, Mysql], [Mysql, Postgres]);

    [Fact]
    public void Scripts_that_all_agreed_are_named()
    {
        Assert.Equal(new HookReport(true, "50-postgresql, 60-mysql", null), Judge(Good));
        Assert.True(HookReport.Judge(new HookReading.Absent(), new HookReading.Seen(Good with { Sequence = 1 })).Reported);
    }

    public static TheoryData<string, string> Nothings => new()
    {
        { "not called", "was not called" },
        { "called twice", "another freeze came between" },
        { "another boot", "booted again" },
        { "no thaw yet", "has not reported its thaw" },
        { "no scripts", "has no scripts" },
        { "one failed at the freeze", "script 60-mysql of the guest's freeze hook failed (status 3)" },
        { "one failed at the thaw", "at the thaw, script 60-mysql of the guest's freeze hook failed (the lock was lost)" },
        { "one is silent at the thaw", "script 60-mysql of the guest's freeze hook has not reported its thaw" },
    };

    [Theory]
    [MemberData(nameof(Nothings))]
    public void Anything_else_proves_nothing_and_says_why(string what, string expected)
    {
        var report = Judge(what switch
        {
            "not called" => Good with { Sequence = 6 },
            "called twice" => Good with { Sequence = 8 },
            "another boot" => Good with { BootId = "other" },
            "no thaw yet" => Good with { Thaw = null },
            "no scripts" => Good with { Freeze = [], Thaw = [] },
            "one failed at the freeze" => Good with { Freeze = [Postgres, Mysql with { Status = 3 }] },
            "one failed at the thaw" => Good with { Thaw = [Mysql with { Status = 1, Error = "the lock was lost" }, Postgres] },
            "one is silent at the thaw" => Good with { Thaw = [Postgres] },
            _ => throw new ArgumentOutOfRangeException(nameof(what), what, null),
        });
        Assert.Equal((false, null), (report.Reported, report.Scripts));
        Assert.Contains(expected, report.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_status_that_cannot_be_read_proves_nothing()
    {
        var (seen, disabled, absent) = (
            new HookReading.Seen(Good), new HookReading.Unreadable("disabled"), new HookReading.Absent());
        Assert.All<(HookReading, HookReading)>(
            [
                (disabled, seen),
                (seen, disabled),
                (disabled, disabled),
                (absent, absent),
                (seen, absent),
                (disabled, absent),
                (absent, disabled),
                (absent, seen),
            ],
            pair => Assert.False(HookReport.Judge(pair.Item1, pair.Item2).Reported)
        );
    }

    [Fact]
    public void A_refused_freeze_names_its_script()
    {
        var failed = Good with { Freeze = [Postgres, Mysql with { Status = 124, Error = "longer than 10 s" }] };
        Assert.Equal(
            "script 60-mysql of the guest's freeze hook failed (longer than 10 s)",
            HookReport.Refusal(new HookReading.Seen(Before), new HookReading.Seen(failed)));
        Assert.Null(HookReport.Refusal(new HookReading.Seen(Before), new HookReading.Seen(Good)));
        Assert.Null(HookReport.Refusal(new HookReading.Seen(failed), new HookReading.Seen(failed)));
        Assert.Null(HookReport.Refusal(new HookReading.Absent(), new HookReading.Absent()));
    }

    [Fact]
    public void The_guests_own_file_is_read()
    {
        var read = Parse(
            """
            {"version":1,"sequence":7,"bootId":"b","freeze":[{"name":"50-x","status":0,"ms":5,"error":"a warning"}],
             "thaw":null}
            """
        );
        var status = Assert.IsType<HookReading.Seen>(read).Status;
        Assert.Equal(
            (7, "50-x", "a warning", null), (status.Sequence, status.Freeze[0].Name, status.Freeze[0].Error, status.Thaw));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("""{"version":2,"sequence":7,"bootId":"b","freeze":[]}""")]
    [InlineData("""{"version":1,"sequence":0,"bootId":"b","freeze":[]}""")]
    [InlineData("""{"version":1,"sequence":7,"bootId":"b","freeze":[{"name":"a\u001b[2J","status":0,"ms":5}]}""")]
    [InlineData("""{"version":1,"sequence":7,"bootId":"b","freeze":[{"name":"a","status":0,"ms":5,"error":"\u001b[2J"}]}""")]
    [InlineData("""{"version":1,"sequence":7,"bootId":"b","freeze":[{"name":null,"status":0,"ms":5}]}""")]
    [InlineData("""{"version":1,"sequence":7,"bootId":"b"}""")]
    public void A_hooks_report_is_checked_in_every_member(string json) => Assert.IsType<HookReading.Unreadable>(Parse(json));

    private static HookReading Parse(string json) => HookReading.Parse(Encoding.UTF8.GetBytes(json));

    private static HookReport Judge(HookStatus after) =>
        HookReport.Judge(new HookReading.Seen(Before), new HookReading.Seen(after));
}
