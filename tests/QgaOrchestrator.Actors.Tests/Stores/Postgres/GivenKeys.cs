using QgaOrchestrator.Actors.Stores;

namespace QgaOrchestrator.Actors.Tests.Stores.Postgres;

/// <summary>Keys of the section Store, as a test gives them.</summary>
internal sealed class GivenKeys : Dictionary<string, string>, IStoreKeys
{
    public List<string> Refused { get; } = [];

    public string? Text(string name) => this.GetValueOrDefault(name);

    public string? FullPath(string name) => Text(name);

    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan least, TimeSpan most) =>
        Text(name) is { } text ? Core.Duration.Within(text, least, most) ?? throw new ArgumentException(name) : fallback;

    public void Refuse(string name, string why) => Refused.Add($"{name}: {why}");
}
