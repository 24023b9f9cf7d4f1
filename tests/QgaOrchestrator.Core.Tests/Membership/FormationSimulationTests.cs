namespace QgaOrchestrator.Core.Tests.Membership;

public class FormationSimulationTests
{
    private const int Seeds = 500;
    private const int SeedsForABug = 1_000;

    [Fact]
    public void Whatever_fails_there_are_never_two_clusters_and_in_the_end_there_is_one() =>
        Parallel.For(0, int.TryParse(Environment.GetEnvironmentVariable("QGA_SEEDS"), out var seeds) ? seeds : Seeds, seed =>
        {
            var world = new FormationSimulation(seed);
            if (world.Play() is { } broken) Assert.Fail($"seed {seed}: {broken}\n{world.Story}");
        });

    [Fact]
    public void Clusters_are_founded_more_than_once_in_many_a_simulation() =>
        Assert.InRange(Enumerable.Range(0, 100).Count(seed =>
        {
            var world = new FormationSimulation(seed);
            world.Play();
            return world.Founded > 1;
        }), 30, 100);

    [Theory]
    [InlineData(nameof(FormationBug.VotesNotAsked))]
    [InlineData(nameof(FormationBug.LonelyMemberStays))]
    [InlineData(nameof(FormationBug.NoPatience))]
    [InlineData(nameof(FormationBug.KnownClusterOverlooked))]
    [InlineData(nameof(FormationBug.FreshForEver))]
    public void A_planted_bug_makes_two_clusters(string bug) =>
        Assert.Contains(Enumerable.Range(0, SeedsForABug), seed =>
            new FormationSimulation(seed, Enum.Parse<FormationBug>(bug)).Play()?
                .StartsWith("two clusters", StringComparison.Ordinal) == true);
}
