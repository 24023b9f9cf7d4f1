using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>
/// Faults while it runs, for tests in another process: a line of JSON in, a line out.
/// <code>{"vm":"vm001","fault":"hang-freeze"}   {"vm":"*","fault":"heal"}   {"report":true}</code>
/// </summary>
internal sealed class ControlSocket : IAsyncDisposable
{
    private readonly SimulatedFleet _fleet;
    private readonly SocketServer _server;

    public ControlSocket(SimulatedFleet fleet, string path)
    {
        (_fleet, _server) = (fleet, new SocketServer(path, Serve));
        _server.Listen();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task Serve(Socket socket, CancellationToken stop)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        try
        {
            while (await reader.ReadLineAsync(stop) is { } line)
                await stream.WriteAsync(Encoding.UTF8.GetBytes(Answer(line) + "\n"), stop);
        }
        catch (IOException)
        {
            // It hung up without reading the answer.
        }
    }

    private string Answer(string line)
    {
        try
        {
            var asked = new Arguments(JsonDocument.Parse(line).RootElement.Clone()).Allow("vm", "fault", "report");
            if (asked.Flag("report", false)) return FleetReport.Of(_fleet);
            var (vm, fault) = (asked.Text("vm"), asked.Text("fault"));
            foreach (var one in _fleet.Vms.Where(one => vm == "*" || one.Name == vm)) Apply(one, fault);
            return "{}";
        }
        catch (Exception wrong) when (wrong is QemuException or JsonException)
        {
            return QemuJson.Write(new JsonObject { ["error"] = wrong.Message });
        }
    }

    private static void Apply(SimulatedVm vm, string fault)
    {
        object? _ = fault switch
        {
            "mute" => vm.Agent.Mute(),
            "mute-monitor" => vm.Monitor.Mute(),
            "hang-main-loop" => vm.HangMainLoop(),
            "hang-freeze" => vm.Agent.On("guest-fsfreeze-freeze", Act.Hang),
            "hang-frozen" => vm.Agent.On("guest-fsfreeze-freeze", Act.Execute, Act.Hang),
            "hang-thaw" => vm.Agent.On("guest-fsfreeze-thaw", Act.Hang),
            "hang-transaction" => vm.Monitor.On("transaction", Act.Execute, Act.Hang),
            "fail-transaction" => vm.Monitor.On("transaction", Act.Error("Transaction aborted using Abort action")),
            "full-target" => vm.Jobs.Fail("backup", "No space left on device"),
            "hold-copies" => vm.Jobs.Hold("backup"),
            "freeze" => vm.Guest.FreezeBySomebodyElse(),
            "stop-agent" => Done(vm.Agent.Stop),
            "start-agent" => Done(vm.Agent.Start),
            "pause" => Done(vm.Pause),
            "resume" => Done(vm.Resume),
            "reset" => Done(() => vm.Reset()),
            "close-agent" => vm.Agent.CloseSocket(),
            "open-agent" => Done(vm.Agent.OpenSocket),
            "close-monitor" => vm.Monitor.CloseSocket(),
            "open-monitor" => Done(vm.Monitor.OpenSocket),
            "slow-copies" => Done(() => vm.Jobs.CopyTime = TimeSpan.FromMinutes(10)),
            "end" => vm.End(),
            "heal" => Done(() => Heal(vm)),
            _ => throw new QemuException($"unknown fault {fault}"),
        };
    }

    private static void Heal(SimulatedVm vm)
    {
        vm.Agent.Heal();
        vm.Monitor.Heal();
        vm.Jobs.Heal();
    }

    private static object? Done(Action action)
    {
        action();
        return null;
    }
}
