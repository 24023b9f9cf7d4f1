using QgaOrchestrator.Node.Http;

namespace QgaOrchestrator.Node.Tests.Http;

public sealed class StrangerBudgetTests
{
    [Fact]
    public void A_minutes_first_refusals_have_an_entry_each_and_the_others_one_together()
    {
        var time = new ManualTime();
        List<int> told = [];
        var budget = new StrangerBudget(time, told.Add);

        var own = Enumerable.Range(0, StrangerBudget.PerMinute + 7).Count(_ => budget.Take());
        time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(StrangerBudget.PerMinute, own);
        Assert.Equal([7], told);
        Assert.True(budget.Take());
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([7], told);
    }
}
