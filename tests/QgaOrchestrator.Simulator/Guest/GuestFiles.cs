using System.Globalization;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>
/// The guest's files, as far as the agent's file commands reach: no directories, no rights. Handles belong to the agent.
/// </summary>
public sealed class GuestFiles
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, byte[]> _files = [];
    private readonly Dictionary<long, (string Path, int At)> _open = [];
    private long _lastHandle = 999;

    /// <summary>Null where there is no such file.</summary>
    public byte[]? this[string path]
    {
        get { lock (_gate) return _files.GetValueOrDefault(path); }
        set
        {
            lock (_gate)
            {
                if (value is null) _files.Remove(path);
                else _files[path] = value;
            }
        }
    }

    /// <summary>False: as where RHEL's qemu-ga blocks guest-file-*.</summary>
    public bool Allowed { get; set; } = true;

    public int OpenHandles
    {
        get { lock (_gate) return _open.Count; }
    }

    internal JsonNode Execute(string command, Arguments arguments)
    {
        if (!Allowed) throw QemuException.CommandNotFound($"Command {command} has been disabled");
        lock (_gate)
        {
            return command switch
            {
                "guest-file-open" => Open(arguments.Allow("path", "mode")),
                "guest-file-read" => Read(arguments.Allow("handle", "count")),
                "guest-file-write" => Write(arguments.Allow("handle", "buf-b64", "count")),
                "guest-file-close" => Close(arguments.Allow("handle")),
                _ => throw QemuException.NoSuchCommand(command),
            };
        }
    }

    internal void CloseAll()
    {
        lock (_gate) _open.Clear();
    }

    private JsonNode Open(Arguments arguments)
    {
        var (path, mode) = (arguments.Text("path"), arguments.TextOrNull("mode") ?? "r");
        if (mode == "w") _files[path] = [];
        else if (!_files.ContainsKey(path))
            throw new QemuException($"failed to open file '{path}' (mode: '{mode}'): No such file or directory");
        _open[++_lastHandle] = (path, 0);
        return _lastHandle;
    }

    private JsonObject Read(Arguments arguments)
    {
        var (handle, count) = (arguments.Number("handle"), (int)arguments.Number("count", 4096));
        var (path, at) = Find(handle);
        var read = _files[path].AsSpan(at)[..Math.Min(count, _files[path].Length - at)];
        _open[handle] = (path, at + read.Length);
        // A read that fills its buffer does not know yet that nothing follows.
        return new JsonObject { ["count"] = read.Length, ["buf-b64"] = Convert.ToBase64String(read), ["eof"] = read.Length < count };
    }

    private JsonObject Write(Arguments arguments)
    {
        var handle = arguments.Number("handle");
        var (path, at) = Find(handle);
        var bytes = Convert.FromBase64String(arguments.Text("buf-b64"));
        _files[path] = [.. _files[path][..at], .. bytes];
        _open[handle] = (path, at + bytes.Length);
        return new JsonObject { ["count"] = bytes.Length, ["eof"] = false };
    }

    private JsonObject Close(Arguments arguments)
    {
        var handle = arguments.Number("handle");
        Find(handle);
        _open.Remove(handle);
        return [];
    }

    private (string Path, int At) Find(long handle) => _open.TryGetValue(handle, out var open)
        ? open : throw new QemuException(string.Create(CultureInfo.InvariantCulture, $"handle '{handle}' has not been found"));
}
