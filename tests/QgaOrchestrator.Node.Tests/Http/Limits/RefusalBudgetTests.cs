using QgaOrchestrator.Node.Http.Limits;

namespace QgaOrchestrator.Node.Tests.Http.Limits;

public sealed class RefusalBudgetTests
{
    private readonly ManualTime _time = new();
    private readonly List<(string Who, string Codes)> _told = [];
    private readonly RefusalBudget _budget;

    public RefusalBudgetTests() => _budget = new(_time, (who, codes) =>
        _told.Add((who, string.Join(", ", codes.OrderBy(code => code.Key).Select(code => $"{code.Value} {code.Key}")))));

    [Fact]
    public void A_callers_first_refusals_get_an_entry_each_and_further_ones_share_one_a_minute()
    {
        Assert.Equal(
            RefusalBudget.Burst, Enumerable.Range(0, RefusalBudget.Burst + 7).Count(_ => _budget.Spend("ci", "forbidden")));
        Assert.False(_budget.Spend("ci", "bad-request"));
        Assert.True(_budget.Spend("nobody", "unauthorized"));

        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal([("ci", "1 bad-request, 7 forbidden")], _told);
    }

    [Fact]
    public void A_caller_refused_without_end_costs_a_few_audit_entries_a_minute()
    {
        var entries = 0;
        for (var second = 0; second < 3600; second++)
        {
            entries += Enumerable.Range(0, 100).Count(_ => _budget.Spend("ci", "forbidden"));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(entries + _told.Count, 1, RefusalBudget.Burst + (60 * (RefusalBudget.PerMinute + 1)) + 1);
    }

    [Fact]
    public void A_caller_that_has_used_its_refusal_budget_waits_for_the_next_entry()
    {
        Assert.Equal(TimeSpan.Zero, _budget.Wait("ci"));
        for (var i = 0; i < RefusalBudget.Burst; i++) _budget.Spend("ci", "forbidden");
        Assert.InRange(_budget.Wait("ci").TotalSeconds, 5.99, 6.01);
        Assert.Equal(TimeSpan.Zero, _budget.Wait("other"));

        _time.Advance(TimeSpan.FromSeconds(7));

        Assert.Equal(TimeSpan.Zero, _budget.Wait("ci"));
        Assert.True(_budget.Spend("ci", "forbidden"));
    }
}
