using QgaOrchestrator.Qemu.Hosts;

namespace QgaOrchestrator.Actors.Tests.Hosts;

/// <summary>A source's options as a test gives them; what is wrong with one fails the test.</summary>
internal sealed class GivenOptions(string root) : Dictionary<string, string?>, ISourceOptions
{
    public string Root => root;

    public TimeProvider Time => TimeProvider.System;

    public string? Text(string name) => this.GetValueOrDefault(name);

    public string FullPath(string path) => Path.GetFullPath(path, root);

    public void Fail(string name, string why) => Assert.Fail($"{name}: {why}");
}
