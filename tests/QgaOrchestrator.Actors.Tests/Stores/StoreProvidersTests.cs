using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Stores;

namespace QgaOrchestrator.Actors.Tests.Stores;

public sealed class StoreProvidersTests
{
    [Theory]
    [InlineData("postgres")]
    [InlineData("SQLite")]
    [InlineData("")]
    public void A_provider_that_is_not_known_is_refused_by_name(string name)
    {
        var error = Assert.Throws<StoreException>(() => StoreProviders.Find(name));

        Assert.Contains(
            $"\"{name}\" is not supported by this version; use \"sqlite\" or \"postgresql\"",
            error.Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Each_store_provider_is_found_by_its_unique_name()
    {
        Assert.All(StoreProviders.All, provider => Assert.Same(provider, StoreProviders.Find(provider.Name)));
        Assert.Equal(StoreProviders.All.Count, StoreProviders.All.Select(provider => provider.Name).Distinct().Count());
    }
}
