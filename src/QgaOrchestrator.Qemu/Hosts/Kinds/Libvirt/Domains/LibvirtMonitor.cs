using System.Text;
using System.Text.Json;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>
/// QEMU's monitor, passed through libvirt's daemon. libvirt marks the domain as tainted, knows nothing of what is done so, and
/// allows a job of its own beside it. Of events it tells those that libvirt has words for; jobs are looked at.
/// </summary>
internal sealed class LibvirtMonitor : IMonitor
{
    private readonly LibvirtMachine _machine;

    public LibvirtMonitor(LibvirtMachine machine)
    {
        _machine = machine;
        machine.Happened += happened => EventReceived?.Invoke(new(happened.Name, default));
        machine.Lost += reason => Closed?.Invoke(reason);
    }

    public event Action<MonitorEvent>? EventReceived;

    public event Action<string>? Closed;

    public bool IsOpen => _machine.IsOpen;

    public QemuProcess? Process => _machine.Process;

    public async Task<MonitorOpenOutcome> OpenAsync(TimeSpan timeout) =>
        await _machine.OpenAsync(timeout).ConfigureAwait(false) switch
        {
            MachineOpening.Ready ready => new MonitorOpenOutcome.Ready(ready.Version),
            MachineOpening.NoAnswer none => new MonitorOpenOutcome.NoSocket(none.Reason),
            var other => throw new InvalidOperationException($"unexpected {other}"),
        };

    public async Task<MonitorOutcome> ExecuteAsync(string command, ReadOnlyMemory<byte> arguments, TimeSpan timeout)
    {
        if (_machine.Domain is not { } domain) return new MonitorOutcome.NotSent("libvirt is not open");
        byte[] request =
        [
            .. "{\"execute\":\""u8, .. Encoding.ASCII.GetBytes(command), (byte)'"',
            .. arguments.IsEmpty ? [] : ",\"arguments\":"u8, .. arguments.Span, (byte)'}',
        ];
        var call = RpcCall.Of(QemuProcedure.DomainMonitorCommand, domain.Write(new XdrWriter()).Text(request).UInt(0));
        return await _machine.Host.Work.CallAsync(call, timeout).ConfigureAwait(false) switch
        {
            RpcOutcome.Returned returned => Read(returned.Body.Span),
            RpcOutcome.Failed { Error.Code: RpcErrorCode.OperationInvalid or RpcErrorCode.NoDomain } failed =>
                new MonitorOutcome.NotSent(failed.Error.Message),
            RpcOutcome.Failed failed => new MonitorOutcome.Unknown(failed.Error.ToString()),
            RpcOutcome.NotSent notSent => new MonitorOutcome.NotSent(notSent.Reason),
            RpcOutcome.Unknown unknown => new MonitorOutcome.Unknown(unknown.Reason),
            var other => throw new InvalidOperationException($"unexpected {other}"),
        };
    }

    public void Close() => _machine.Close();

    public ValueTask DisposeAsync() => _machine.DisposeAsync();

    private static MonitorOutcome Read(ReadOnlySpan<byte> body)
    {
        try
        {
            return MonitorMessage.Parse(new XdrReader(body).Bytes()) is MonitorMessage.Reply reply
                ? reply.Outcome
                : new MonitorOutcome.Unknown("libvirt passed on a reply that is none");
        }
        catch (JsonException)
        {
            return new MonitorOutcome.Unknown("libvirt passed on a reply that is no JSON");
        }
    }
}
