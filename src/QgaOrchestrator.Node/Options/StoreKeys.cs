using QgaOrchestrator.Actors.Stores;

namespace QgaOrchestrator.Node.Options;

/// <summary>The config's section Store, for its provider.</summary>
internal sealed class StoreKeys(OptionReader read) : IStoreKeys
{
    public string? Text(string name) => read.TextOrNull($"Store:{name}");

    public void Refuse(string name, string why) => read.Fail($"Store:{name}", why);

    /// <summary>No key is set.</summary>
    public sealed class Unset : IStoreKeys
    {
        public string? Text(string name) => null;

        public void Refuse(string name, string why) => throw new InvalidOperationException($"{name} is not set");
    }
}
