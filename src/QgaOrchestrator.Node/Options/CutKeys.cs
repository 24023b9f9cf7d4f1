using QgaOrchestrator.Qemu.Cut;

namespace QgaOrchestrator.Node.Options;

/// <summary>The config's section Freeze, for the cut methods.</summary>
/// <param name="directory">What relative paths are relative to.</param>
internal sealed class CutKeys(OptionReader read, string directory) : ICutKeys
{
    public IReadOnlyList<string> Names(string key) => read.Names($"Freeze:{key}");

    public IReadOnlyList<string> Texts(string key) => read.Texts($"Freeze:{key}");

    public string FullPath(string path) => Path.GetFullPath(path, directory);

    public void Fail(string key, string why) => read.Fail($"Freeze:{key}", why);
}
