using QgaOrchestrator.Qemu.Hosts;

namespace QgaOrchestrator.Node.Tests.Options;

/// <summary>A source's options as a test gives them; what is wrong with one fails the test.</summary>
/// <param name="directory">Relative paths are relative to it.</param>
internal sealed class GivenOptions(string directory) : Dictionary<string, string?>, ISourceOptions
{
    public string Root => "/";

    public TimeProvider Time => TimeProvider.System;

    public string? Text(string name) => this.GetValueOrDefault(name);

    public string FullPath(string path) => Path.GetFullPath(path, directory);

    public void Fail(string name, string why) => Assert.Fail($"{name}: {why}");
}
