using System.Collections.Concurrent;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>
/// Guests that repeat each password that they are given, as it came and in clear: the first in the agent's errors, the second
/// in what the agent returns and what processes print, the third in a second answer that nobody asked for. The fourth, a Windows
/// guest, repeats it in an error once it has set it. The others are honest.
/// </summary>
internal sealed class RepeatingGuests
{
    private const string SetPassword = "guest-set-user-password", Exec = "guest-exec";

    private static readonly JsonSerializerOptions AsItIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ConcurrentBag<string> _commandLines = [];

    /// <summary>Paths and arguments of all processes that were started in guests.</summary>
    public IEnumerable<string> CommandLines => _commandLines;

    /// <summary>Puts the faults on a fleet of five VMs or more.</summary>
    public void Join(SimulatedFleet fleet)
    {
        var (error, output, twice, windows) = (fleet.Vms[0], fleet.Vms[1], fleet.Vms[2], fleet.Vms[3]);
        error.Agent.On(SetPassword, Act.Execute, Act.Echo(Refusal));
        // Once: a reset asks again, with longer and longer pauses.
        var refused = false;
        error.Agent.On(Exec, Act.Echo(said => HasInput(said) && !refused && (refused = true) ? Refusal(said) : null));
        output.Agent.On(SetPassword, Act.Execute, Act.Echo(Repeat));
        Print(output);
        twice.Agent.On(SetPassword, Act.Execute, Act.Echo(said => "{\"return\":{}}\n" + Repeat(said)));
        windows.Guest.OsId = "mswindows";
        windows.Guest.Programs["powershell.exe"] = PowerShell;
        windows.Agent.On(SetPassword, Act.Execute, Act.Echo(Refusal)).Times(4);
        foreach (var vm in fleet.Vms) vm.Agent.On(Exec, Act.Echo(Note));
    }

    /// <summary>A process that got something to read prints the request, and it in clear.</summary>
    private static void Print(SimulatedVm vm)
    {
        var last = "";
        vm.Agent.On(Exec, Act.Echo(said =>
        {
            last = said;
            return null;
        }));
        vm.Agent.On("guest-exec-status", Act.Echo(_ => HasInput(last)
            ? $$$"""{"return":{"exited":true,"exitcode":0,"out-data":"{{{Base64($"{last} {Clear(last)}")}}}"}}"""
            : null));
    }

    private string? Note(string said)
    {
        var request = JsonNode.Parse(said)!;
        _commandLines.Add($"{request["path"]} {request["arg"]?.ToJsonString(AsItIs)}");
        if (request["arg"] is JsonArray { Count: > 1 } arguments && (string?)arguments[^2] == "-EncodedCommand")
            _commandLines.Add(Encoding.Unicode.GetString(Convert.FromBase64String((string)arguments[^1]!)));
        return null;
    }

    private static string Refusal(string said)
    {
        var words = $"{said} means {Clear(said)}";
        return new JsonObject { ["error"] = new JsonObject { ["class"] = words, ["desc"] = words } }.ToJsonString(AsItIs);
    }

    private static string Repeat(string said) => $$$"""{"return":{"given":{{{said}}},"means":"{{{Clear(said)}}}"}}""";

    private static bool HasInput(string said) => said.Contains("\"input-data\"", StringComparison.Ordinal);

    private static string Clear(string said)
    {
        var request = JsonNode.Parse(said)!;
        var secret = (string)(request["password"] ?? request["input-data"])!;
        return Encoding.UTF8.GetString(Convert.FromBase64String(secret)).TrimEnd('\0');
    }

    /// <summary>Whatever it is asked about an account is as a reset wants it.</summary>
    private static GuestExit PowerShell(IReadOnlyList<string> arguments, byte[] input) => new(
        0, $"system Windows\nentry {new string('a', 64)}\nlogin yes\n{Encoding.UTF8.GetString(input).TrimEnd('\0')}");

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
