using QgaOrchestrator.Qemu.Hosts;

namespace QgaOrchestrator.Node.Options;

/// <summary>What a kind of hosts reads of its source: the config's keys below the source's own.</summary>
/// <param name="key">As in Fleet:Sources:0.</param>
/// <param name="directory">What relative paths are relative to.</param>
internal sealed class SourceOptions(OptionReader read, string key, string directory, string root) : ISourceOptions
{
    public string Root => root;

    public TimeProvider Time => TimeProvider.System;

    public string? Text(string name) => read.TextOrNull($"{key}:{name}");

    public string FullPath(string path) => Path.GetFullPath(path, directory);

    public void Fail(string name, string why) => read.Fail($"{key}:{name}", why);
}
