using System.Text.Json;

namespace QgaOrchestrator.Qemu.Hosts.Detection;

/// <summary>What a QEMU was started with, as far as it says where its VM's agent and monitor are (qemu(1), QEMU 7.2).</summary>
public sealed record QemuCommandLine
{
    private const string AgentPort = "org.qemu.guest_agent.0";

    /// <summary>Of <c>-name</c>.</summary>
    public string? Name { get; private init; }

    /// <summary>Of <c>-uuid</c>.</summary>
    public string? Uuid { get; private init; }

    /// <summary>The guest has a port for its agent.</summary>
    public bool HasAgentPort { get; private init; }

    /// <summary>The unix socket on which QEMU listens for who speaks to the agent; null: none that this tells.</summary>
    public string? Agent { get; private init; }

    /// <summary>The unix socket of the first monitor that speaks QMP; null: none that this tells.</summary>
    public string? Monitor { get; private init; }

    public static QemuCommandLine Parse(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var options = Options(arguments).ToList();
        var sockets = options
            .Where(option => option.Name == "chardev")
            .Select(option => Members(option.Value, "backend"))
            .Where(chardev => chardev.GetValueOrDefault("backend") == "socket" && Listens(chardev))
            .Where(chardev => chardev.ContainsKey("id") && chardev.ContainsKey("path"))
            .GroupBy(chardev => chardev["id"])
            .ToDictionary(same => same.Key, same => same.First()["path"]);
        var port = options
            .Where(option => option.Name == "device")
            .Select(option => Members(option.Value, "driver"))
            .FirstOrDefault(device => device.GetValueOrDefault("name") == AgentPort);
        return new QemuCommandLine
        {
            Name = Last("name") is { } name ? Members(name, "guest").GetValueOrDefault("guest") : null,
            Uuid = Last("uuid"),
            HasAgentPort = port is not null,
            Agent = port is null ? null : sockets.GetValueOrDefault(port.GetValueOrDefault("chardev", "")),
            Monitor = options
                .Select(option => MonitorOf(option.Name, option.Value, sockets))
                .FirstOrDefault(path => path is not null),
        };

        string? Last(string option) => options.LastOrDefault(one => one.Name == option).Value;
    }

    private static IEnumerable<(string Name, string Value)> Options(IReadOnlyList<string> arguments)
    {
        for (var at = 0; at + 1 < arguments.Count; at++)
            if (arguments[at] is ['-', ..] option && arguments[at + 1] is not ['-', ..])
                yield return (option.TrimStart('-'), arguments[at + 1]);
    }

    private static string? MonitorOf(string option, string value, Dictionary<string, string> sockets)
    {
        const string unix = "unix:";
        switch (option)
        {
            case "qmp" or "qmp-pretty" when value.StartsWith(unix, StringComparison.Ordinal):
                var socket = Members(value[unix.Length..], "path");
                return Listens(socket) ? socket.GetValueOrDefault("path") : null;
            case "mon":
                var monitor = Members(value, "chardev");
                return monitor.GetValueOrDefault("mode") == "control"
                    ? sockets.GetValueOrDefault(monitor.GetValueOrDefault("chardev", ""))
                    : null;
            default:
                return null;
        }
    }

    private static bool Listens(Dictionary<string, string> socket) =>
        socket.GetValueOrDefault("server") is "on" or "yes" or "true" or "";

    /// <summary>As in <c>socket,id=a,server</c>, where a comma of a value is doubled, or in JSON.</summary>
    /// <param name="implied">The member that a first word without = means.</param>
    private static Dictionary<string, string> Members(string value, string implied)
    {
        if (value.StartsWith('{')) return OfJson(value);
        var members = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in value.Replace(",,", "\0", StringComparison.Ordinal).Split(','))
        {
            var text = part.Replace('\0', ',');
            if (text.Split('=', 2) is [var name, var given]) members[name] = given;
            else members[members.Count == 0 ? implied : text] = members.Count == 0 ? text : "";
        }
        return members;
    }

    private static Dictionary<string, string> OfJson(string value)
    {
        try
        {
            using var json = JsonDocument.Parse(value);
            return json.RootElement.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.ToString());
        }
        catch (JsonException)
        {
            // QEMU itself has refused it, or it is no option of this shape.
            return [];
        }
    }
}
