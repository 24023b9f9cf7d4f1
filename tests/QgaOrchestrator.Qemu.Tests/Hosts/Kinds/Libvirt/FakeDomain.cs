using System.Text.Json;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;
using QgaOrchestrator.Qemu.Wire;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Libvirt;

/// <summary>A simulated VM as a domain: its daemon has both of its sockets for itself.</summary>
internal sealed class FakeDomain : IAsyncDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(5);

    private readonly SimulatedVm _vm;
    private readonly string _root;
    private readonly SocketMonitor _monitor;
    private readonly SemaphoreSlim _turn = new(1);
    private SocketAgent? _agent;

    /// <param name="root">Where the host's file system begins.</param>
    /// <param name="name">Null: the VM's.</param>
    public FakeDomain(SimulatedVm vm, string root, string? name = null)
    {
        (_vm, _root) = (vm, root);
        Handle = new(name ?? vm.Name, vm.Uuid, vm.Number + 1);
        _monitor = new(vm.MonitorPath, TimeProvider.System);
        _monitor.EventReceived += happened =>
        {
            if (happened.Name == "RESET") Happened?.Invoke(DomainEventId.Reboot, 0, 0);
        };
    }

    public event Action<DomainEventId, int, int>? Happened;

    public RpcDomain Handle { get; }

    public SimulatedVm Vm => _vm;

    public string Xml => $"""
        <domain type='kvm' id='{Handle.Id}'><name>{Handle.Name}</name><uuid>{Handle.Uuid}</uuid><devices>
        {string.Concat(_vm.Disks.Select((_, index) => $"""
        <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/d{index}.qcow2'/>
        <target dev='vd{(char)('a' + index)}' bus='virtio'/><alias name='virtio-disk{index}'/>
        <address type='pci' domain='0x0000' bus='0x00' slot='0x0{4 + index}' function='0x0'/></disk>
        """))}
        {(HasChannel ? Channel : "")}</devices></domain>
        """;

    /// <summary>Whether it has a channel for an agent.</summary>
    public bool HasChannel { get; set; } = true;

    private string Channel => $"""
        <channel type='unix'><source mode='bind' path='{Path.GetFullPath(_vm.AgentPath)[_root.Length..]}'/>
        <target type='virtio' name='org.qemu.guest_agent.0' state='connected'/></channel>
        """;

    public FakeBackup Backup { get; } = new();

    /// <summary>As QEMU's monitor would reply.</summary>
    public async Task<string> ExecuteAsync(AgentRequest command) =>
        await _monitor.ExecuteAsync(command.Command, command.Arguments, Long) switch
        {
            MonitorOutcome.Returned returned => $"{{\"return\":{System.Text.Encoding.UTF8.GetString(returned.Json.Span)}}}",
            MonitorOutcome.Refused refused => JsonSerializer.Serialize(
                new { error = new { @class = refused.Class, desc = refused.Description } }),
            var other => throw new InvalidOperationException(other.ToString()),
        };

    /// <summary>QEMU's run state; null: it has ended.</summary>
    public async Task<string?> StatusAsync()
    {
        if (await _monitor.OpenAsync(Long) is not MonitorOpenOutcome.Ready) return null;
        try
        {
            return (await QueryStatus.AskAsync(_monitor, Long))?.Status;
        }
        catch (MonitorException)
        {
            return null;
        }
    }

    public async Task<AgentOutcome> CallAsync(AgentRequest request, TimeSpan timeout)
    {
        await _turn.WaitAsync();
        try
        {
            _agent ??= new(_vm.AgentPath, SocketHold.Exclusive, TimeProvider.System, new Random(7));
            return await _agent.OpenAsync(Long) is OpenOutcome.Ready
                ? await _agent.CallAsync(request, timeout)
                : new AgentOutcome.NotSent("not connected");
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task LetGoAsync()
    {
        _monitor.Close();
        if (_agent is { } agent) await agent.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await LetGoAsync();
        await _monitor.DisposeAsync();
    }
}
