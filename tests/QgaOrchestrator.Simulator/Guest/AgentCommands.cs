using System.Text;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>The agent's commands, with the texts of qemu-ga 7.2.22. Callers are serial.</summary>
internal sealed class AgentCommands(SimulatedGuest guest)
{
    private static readonly string[] _whileFrozen =
    [
        "guest-fsfreeze-thaw", "guest-fsfreeze-status", "guest-info", "guest-ping", "guest-sync", "guest-sync-delimited",
    ];

    private readonly Dictionary<long, (GuestExit Exit, bool Captured)> _processes = [];
    private long _lastPid = 400;

    // Newest registered first, as guest-info lists them.
    private static readonly string[] _all =
    [
        "guest-get-devices",
        "guest-get-osinfo",
        "guest-get-timezone",
        "guest-get-users",
        "guest-get-host-name",
        "guest-exec",
        "guest-exec-status",
        "guest-file-open",
        "guest-file-read",
        "guest-file-write",
        "guest-file-seek",
        "guest-file-flush",
        "guest-file-close",
        "guest-set-user-password",
        "guest-get-fsinfo",
        "guest-get-disks",
        "guest-get-vcpus",
        "guest-network-get-interfaces",
        "guest-fstrim",
        "guest-fsfreeze-thaw",
        "guest-fsfreeze-freeze-list",
        "guest-fsfreeze-freeze",
        "guest-fsfreeze-status",
        "guest-suspend-hybrid",
        "guest-suspend-ram",
        "guest-suspend-disk",
        "guest-shutdown",
        "guest-info",
        "guest-set-time",
        "guest-get-time",
        "guest-ping",
        "guest-sync",
        "guest-sync-delimited",
    ];

    /// <summary>Processes belong to the agent's memory: a new one knows none.</summary>
    public void Restart()
    {
        _processes.Clear();
        guest.Files.CloseAll();
    }

    /// <summary>Null: success without a reply (guest-shutdown, guest-suspend-*).</summary>
    public JsonNode? Execute(Request request, Client by)
    {
        var (command, arguments) = (request.Command, request.Arguments);
        if (!_all.Contains(command)) throw QemuException.NoSuchCommand(command);
        if (command == "guest-get-devices" || guest.Blocked.Contains(command))
            throw QemuException.CommandNotFound($"Command {command} has been disabled");
        if (guest.IsFrozen && !_whileFrozen.Contains(command))
            throw QemuException.CommandNotFound($"Command {command} has been disabled: the agent is in frozen state");
        return command switch
        {
            "guest-sync" or "guest-sync-delimited" => arguments.Allow("id").Number("id"),
            "guest-ping" => Nothing(arguments),
            "guest-info" => With(arguments.Allow(), Info()),
            "guest-fsfreeze-status" => With(arguments.Allow(), guest.IsFrozen ? "frozen" : "thawed"),
            "guest-fsfreeze-freeze" => With(arguments.Allow(), guest.Freeze(null, by)),
            "guest-fsfreeze-freeze-list" => guest.Freeze(Mountpoints(arguments.Allow("mountpoints")), by),
            "guest-fsfreeze-thaw" => With(arguments.Allow(), guest.Thaw(by)),
            "guest-fstrim" => With(arguments.Allow("minimum"), Trimmed()),
            "guest-exec" => Run(arguments.Allow("path", "arg", "env", "input-data", "capture-output")),
            "guest-exec-status" => Status(arguments.Allow("pid").Number("pid")),
            "guest-set-user-password" => SetPassword(arguments.Allow("username", "password", "crypted")),
            "guest-file-open"
            or "guest-file-read"
            or "guest-file-write"
            or "guest-file-seek"
            or "guest-file-flush"
            or "guest-file-close" => guest.Files.Execute(command, arguments),
            "guest-set-time" => Nothing(arguments.Allow("time"), "time"),
            "guest-shutdown" => Shutdown(arguments.Allow("mode")),
            "guest-suspend-ram" or "guest-suspend-hybrid" => Unanswered(arguments.Allow(), guest.Suspend),
            "guest-suspend-disk" => Unanswered(arguments.Allow(), () => guest.ShutDown("powerdown")),
            _ => With(arguments.Allow(), GuestFacts.Of(guest, command)),
        };
    }

    private static JsonNode With(Arguments _, JsonNode value) => value;

    private static JsonObject Nothing(Arguments arguments, params ReadOnlySpan<string> names)
    {
        arguments.Allow(names);
        return [];
    }

    private JsonObject Info() => new()
    {
        ["version"] = "7.2.22",
        ["supported_commands"] = new JsonArray([.. _all.Select(name => (JsonNode)new JsonObject
        {
            ["enabled"] =
                name != "guest-get-devices"
                && !guest.Blocked.Contains(name)
                && (guest.Files.Allowed || !name.StartsWith("guest-file-", StringComparison.Ordinal))
                && (!guest.IsFrozen || _whileFrozen.Contains(name)),
            ["name"] = name,
            ["success-response"] = name != "guest-shutdown" && !name.StartsWith("guest-suspend-", StringComparison.Ordinal),
        })]),
    };

    private static HashSet<string>? Mountpoints(Arguments arguments) =>
        arguments.Array("mountpoints")?.Select(mount => mount.GetString() ?? "").ToHashSet();

    private JsonObject Trimmed() => new()
    {
        ["paths"] = new JsonArray([
            .. guest
                .Disks.Where(disk => disk.Mountpoint is not null)
                .Select(disk =>
                    (JsonNode)(
                        guest.TrimError is { } error
            ? new JsonObject { ["path"] = disk.Mountpoint, ["error"] = error }
            : new JsonObject { ["minimum"] = 0, ["path"] = disk.Mountpoint, ["trimmed"] = 0 }))]),
    };

    private JsonObject Run(Arguments arguments)
    {
        var path = arguments.Text("path");
        if (!guest.Programs.TryGetValue(path, out var program))
        {
            throw new QemuException("Guest agent command failed, error was 'Failed to execute child process "
                + $"\u201C{path}\u201D (No such file or directory)'");
        }
        guest.LastEnvironment = arguments.Array("env")?.Select(entry => entry.GetString() ?? "").ToList();
        List<string> args = [.. arguments.Array("arg")?.Select(argument => argument.GetString() ?? "") ?? []];
        var input = arguments.TextOrNull("input-data") is { } given ? Convert.FromBase64String(given) : [];
        var exit = guest.Accounts.Run(args, input) ?? program(args, input);
        _processes[++_lastPid] = (exit, arguments.Flag("capture-output", false));
        return new JsonObject { ["pid"] = _lastPid };
    }

    // Delivered once: the reply that reports the end removes the record.
    private JsonObject Status(long pid)
    {
        if (!_processes.TryGetValue(pid, out var process)) throw new QemuException("Invalid parameter 'pid'");
        var (exit, captured) = process;
        if (!exit.Until.IsCompleted) return new JsonObject { ["exited"] = false };
        _processes.Remove(pid);
        var reply = new JsonObject { ["exitcode"] = exit.Code };
        if (captured && exit.Errors.Length > 0) reply["err-data"] = Base64(exit.Errors);
        if (captured && exit.Output.Length > 0) reply["out-data"] = Base64(exit.Output);
        if (captured && exit.Errors.Length > 0) reply["err-truncated"] = false;
        if (captured && exit.Output.Length > 0) reply["out-truncated"] = false;
        reply["exited"] = true;
        return reply;
    }

    private JsonObject SetPassword(Arguments arguments)
    {
        var (user, password) = (arguments.Text("username"), arguments.Text("password"));
        arguments.Need("crypted");
        if (guest.OsId == "mswindows" && arguments.Flag("crypted", false))
            throw new QemuException("'crypted' must be off on this host");
        if (!guest.Accounts.SetPassword(user, Convert.FromBase64String(password), arguments.Flag("crypted", false)))
            throw new QemuException("child process has failed to set user password");
        guest.Passwords[user] = password;
        return [];
    }

    private JsonNode? Shutdown(Arguments arguments)
    {
        var mode = arguments.TextOrNull("mode") ?? "powerdown";
        if (mode is not ("halt" or "powerdown" or "reboot"))
            throw new QemuException("mode is invalid (valid values are: halt|powerdown|reboot");
        guest.ShutDown(mode);
        return null;
    }

    private static JsonNode? Unanswered(Arguments _, Action go)
    {
        go();
        return null;
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
