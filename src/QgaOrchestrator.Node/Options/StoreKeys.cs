using QgaOrchestrator.Actors.Stores;

namespace QgaOrchestrator.Node.Options;

/// <summary>The config's section Store, for its provider.</summary>
/// <param name="directory">What relative paths are relative to.</param>
internal sealed class StoreKeys(OptionReader read, string directory) : IStoreKeys
{
    public string? Text(string name) => read.TextOrNull($"Store:{name}");

    public string? FullPath(string name) => Text(name) is { } path ? Path.GetFullPath(path, directory) : null;

    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan least, TimeSpan most) =>
        read.Duration($"Store:{name}", fallback, least, most);

    public void Refuse(string name, string why) => read.Fail($"Store:{name}", why);

    /// <summary>No key is set.</summary>
    public sealed class Unset : IStoreKeys
    {
        public string? Text(string name) => null;

        public string? FullPath(string name) => null;

        public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan least, TimeSpan most) => fallback;

        public void Refuse(string name, string why) => throw new InvalidOperationException($"{name} is not set");
    }
}
