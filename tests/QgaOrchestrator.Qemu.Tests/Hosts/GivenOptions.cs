using QgaOrchestrator.Qemu.Hosts;

namespace QgaOrchestrator.Qemu.Tests.Hosts;

/// <summary>A source's options as a test gives them; what is wrong is kept.</summary>
internal sealed class GivenOptions(string root) : Dictionary<string, string?>, ISourceOptions
{
    public string Root => root;

    public TimeProvider Time => TimeProvider.System;

    public string? Text(string name) => this.GetValueOrDefault(name);

    public string FullPath(string path) => Path.GetFullPath(path, root);

    public List<string> Faults { get; } = [];

    public void Fail(string name, string why) => Faults.Add($"{name}: {why}");
}
