using System.Text.Json;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Kinds;

/// <summary>Every number and every time of a run has a range; what lies outside is refused by its name, with the range.</summary>
public class OptionRangesTests
{
    private const string Vms = "1 to 100000", SomeVms = "from 0 to 100000", Time = "00:00:00.0010000 to ";

    private static readonly (string Kind, string Option, string Range, string Least, string Most)[] Options =
    [
        ("backup", "maxParallel", Vms, "1", "100000"),
        ("backup", "maxParallelPerHost", Vms, "1", "100000"),
        ("backup", "maxParallelPerTarget", Vms, "1", "100000"),
        ("backup", "maxParallelPerLabel", Vms, """{"app":1}""", """{"app":100000}"""),
        ("backup", "maxFailures", SomeVms, "0", "\"100%\""),
        ("backup", "maxUnreachable", SomeVms, "0", "100000"),
        ("backup", "canary", "from " + Vms, "1", "\"100%\""),
        ("backup", "waves", Vms, "[1]", "[100000]"),
        ("backup", "bandwidth", "1 to 1099511627776", "1", "1099511627776"),
        ("backup", "soak", Time + "30.00:00:00", "\"00:00:00.001\"", "\"30.00:00:00\""),
        ("backup", "deadline", Time + "365.00:00:00", "\"00:00:00.001\"", "\"8760:00:00\""),
        ("exec", "timeout", Time + "7.00:00:00", "\"00:00:00.001\"", "\"168:00:00\""),
    ];

    /// <summary>Numbers beyond an int, a long and a double, and times beyond a timer (49 days) and a TimeSpan.</summary>
    private static readonly string[] Wild =
    [
        "0",
        "-1",
        "1.5",
        "1e300",
        "1e2",
        "-9223372036854775809",
        "2147483648",
        "9223372036854775808",
        "\"NaN\"",
        "\"Infinity\"",
        "\"-1\"",
        "\"101%\"",
        "\"-5%\"",
        "\"5%\\n\"",
        "\"00:00:00\"",
        "\"-00:05:00\"",
        "\"00:05:00\\n\"",
        "\"366.00:00:00\"",
        "\"9999999.00:00:00\"",
        "\"10675199.02:48:05.4775807\"",
        "\"999999999999.00:00:00\"",
        "true",
        "[]",
        "{}",
        "[0]",
        "[-1,1e300]",
        "{\"app\":0}",
        "{\"app\":1e300}",
        "\"\"",
    ];

    /// <summary>Where one of these is a value like any other.</summary>
    private static readonly (string Option, string Value)[] Good =
        [("maxFailures", "0"), ("maxUnreachable", "0"), ("maxParallelPerLabel", "{}"), ("bandwidth", "2147483648")];

    public static TheoryData<string, string, string, string> Refused()
    {
        var data = new TheoryData<string, string, string, string>();
        foreach (var (kind, option, range, _, _) in Options)
            foreach (var value in Wild.Where(value => !Good.Contains((option, value)))) data.Add(kind, option, range, value);
        return data;
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void An_option_outside_its_range_is_refused_with_its_name_and_range(
        string kind, string option, string range, string value)
    {
        var error = Assert.Single(Read(kind, option, value).Errors);
        Assert.StartsWith(option + ": expected ", error, StringComparison.Ordinal);
        Assert.Contains(range, error, StringComparison.Ordinal);
        Assert.EndsWith(", not " + value, error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_ends_of_each_range_are_taken() => Assert.All(Options, row =>
    {
        Assert.Empty(Read(row.Kind, row.Option, row.Least).Errors);
        Assert.Empty(Read(row.Kind, row.Option, row.Most).Errors);
    });

    [Fact]
    public void A_long_value_is_shown_by_its_beginning() =>
        Assert.True(Assert.Single(Read("backup", "maxParallel", $"\"{new string('9', 100_000)}\"").Errors).Length < 300);

    [Theory]
    [InlineData("exec", "path", "\"/bin/true\\u0000\"")]
    [InlineData("exec", "args", "[\"a\\u0000b\"]")]
    [InlineData("backup", "target", "\"/backup\\u0000\"")]
    [InlineData("backup", "maxParallelPerLabel", """{"app":1,"app":2}""")]
    public void A_NUL_and_a_label_named_twice_are_refused(string kind, string option, string value) =>
        Assert.StartsWith(option + ": expected ", Read(kind, option, value).Errors[0], StringComparison.Ordinal);

    private static (RunOptions? Options, IReadOnlyList<string> Errors) Read(string kind, string option, string value)
    {
        var path = kind == "exec" && option != "path" ? "\"path\":\"/bin/true\"," : "";
        using var document = JsonDocument.Parse($"{{{path}\"{option}\":{value}}}");
        return RunKinds.Known.Find(kind)!.ParseOptions(document.RootElement);
    }
}
