namespace QgaOrchestrator.Lab.Tests;

/// <summary>Real VMs for a test: started in a folder of their own, gone with it (the folder stays with
/// <c>QGA_LAB_KEEP=1</c>).</summary>
public sealed class RealVmLab : IAsyncDisposable
{
    private static readonly Lazy<Task<RealVms>> Prepared = new(() => RealVms.PrepareAsync());

    private readonly RealVms _vms;
    private readonly List<RealVm> _started = [];

    private RealVmLab(RealVms vms) => _vms = vms;

    public string Folder { get; } = Directory.CreateTempSubdirectory("qga-lab-").FullName;

    /// <summary>Skips the test with the reason where this machine has no QEMU; in CI that is a failure.</summary>
    public static async Task<RealVmLab> OpenAsync()
    {
        if (LabHost.Missing is { } missing)
        {
            Skip.IfNot(LabHost.MustWork, missing);
            throw new LabException(missing);
        }
        return new(await Prepared.Value);
    }

    /// <param name="more">Arguments that change nothing of what the guest sees.</param>
    public async Task<RealVm> StartAsync(string name, params IReadOnlyList<string> more)
    {
        var vm = await _vms.StartAsync(Path.Combine(Folder, name), more);
        _started.Add(vm);
        return vm;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var vm in _started)
            await vm.DisposeAsync();
        if (Environment.GetEnvironmentVariable("QGA_LAB_KEEP") != "1")
            Directory.Delete(Folder, recursive: true);
    }
}
