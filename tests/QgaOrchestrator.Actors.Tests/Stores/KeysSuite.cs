using QgaOrchestrator.Actors.Stores;

namespace QgaOrchestrator.Actors.Tests.Stores;

/// <summary>What every implementation of <see cref="IIdempotencyKeys"/> does.</summary>
public abstract class KeysSuite
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Another object over the same data, as a new process makes it. Earlier ones may not have been closed.</summary>
    protected abstract Task<IIdempotencyKeys> OpenAsync();

    [SkippableFact]
    public async Task A_key_belongs_to_its_first_request_for_a_day_also_after_a_kill()
    {
        Assert.Equal("r1", await (await OpenAsync()).ClaimAsync("k", "request", "r1", T0));
        Assert.Equal("r1", await (await OpenAsync()).ClaimAsync("k", "request", "r2", T0.AddHours(1)));
        Assert.Null(await (await OpenAsync()).ClaimAsync("k", "another", "r3", T0.AddHours(2)));
        Assert.Equal("r4", await (await OpenAsync()).ClaimAsync("k", "another", "r4", T0.AddDays(2)));
        Assert.Equal("r5", await (await OpenAsync()).ClaimAsync("other", "another", "r5", T0.AddDays(2)));
    }

    [SkippableFact]
    public async Task Of_many_simultaneous_claims_exactly_one_wins()
    {
        var keys = await OpenAsync();

        var runs = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(i => Task.Run(() => keys.ClaimAsync("k", "request", $"r{i}", T0))));

        Assert.Single(runs.Distinct());
    }
}
