using System.Globalization;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>
/// The guest's files, as far as the agent's file commands reach: no directories, no rights. Handles belong to the agent.
/// </summary>
public sealed class GuestFiles
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, MemoryStream> _files = [];
    private readonly Dictionary<long, (string Path, int At)> _open = [];
    private long _lastHandle = 999;

    /// <summary>Null where there is no such file.</summary>
    public byte[]? this[string path]
    {
        get { lock (_gate) return _files.GetValueOrDefault(path)?.ToArray(); }
        set
        {
            lock (_gate)
            {
                if (value is null) _files.Remove(path);
                else _files[path] = Holding(value);
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
                "guest-file-seek" => Seek(arguments.Allow("handle", "offset", "whence")),
                "guest-file-flush" => Flush(arguments.Allow("handle")),
                "guest-file-close" => Close(arguments.Allow("handle")),
                _ => throw QemuException.NoSuchCommand(command),
            };
        }
    }

    /// <summary>As a program in the guest renames it; false: there is none.</summary>
    public bool Move(string from, string to)
    {
        lock (_gate)
        {
            if (!_files.Remove(from, out var file)) return false;
            _files[to] = file;
            return true;
        }
    }

    internal void CloseAll()
    {
        lock (_gate) _open.Clear();
    }

    private JsonNode Open(Arguments arguments)
    {
        var (path, mode) = (arguments.Text("path"), arguments.TextOrNull("mode") ?? "r");
        if (mode == "w") _files[path] = new MemoryStream();
        else if (!_files.ContainsKey(path))
            throw new QemuException($"failed to open file '{path}' (mode: '{mode}'): No such file or directory");
        _open[++_lastHandle] = (path, 0);
        return _lastHandle;
    }

    private JsonObject Read(Arguments arguments)
    {
        var (handle, count) = (arguments.Number("handle"), (int)arguments.Number("count", 4096));
        var (path, at) = Find(handle);
        _files[path].Position = at;
        var read = new byte[Math.Max(0, Math.Min(count, (int)_files[path].Length - at))];
        _files[path].ReadExactly(read);
        _open[handle] = (path, at + read.Length);
        // A read that fills its buffer does not know yet that nothing follows.
        return new JsonObject
        {
            ["count"] = read.Length,
            ["buf-b64"] = Convert.ToBase64String(read),
            ["eof"] = read.Length < count,
        };
    }

    private JsonObject Write(Arguments arguments)
    {
        var handle = arguments.Number("handle");
        var (path, at) = Find(handle);
        var bytes = Convert.FromBase64String(arguments.Text("buf-b64"));
        _files[path].Position = at;
        _files[path].Write(bytes);
        _open[handle] = (path, at + bytes.Length);
        return new JsonObject { ["count"] = bytes.Length, ["eof"] = false };
    }

    private JsonObject Seek(Arguments arguments)
    {
        var handle = arguments.Number("handle");
        var (path, at) = Find(handle);
        var position = (int)arguments.Number("offset") + arguments
            .Number("whence") switch
        { 0 => 0, 1 => at, _ => (int)_files[path].Length };
        _open[handle] = (path, (int)position);
        return new JsonObject { ["position"] = position, ["eof"] = false };
    }

    private JsonObject Flush(Arguments arguments)
    {
        Find(arguments.Number("handle"));
        return [];
    }

    private JsonObject Close(Arguments arguments)
    {
        var handle = arguments.Number("handle");
        Find(handle);
        _open.Remove(handle);
        return [];
    }

    private static MemoryStream Holding(byte[] content)
    {
        var file = new MemoryStream();
        file.Write(content);
        return file;
    }

    private (string Path, int At) Find(long handle) => _open.TryGetValue(handle, out var open)
        ? open : throw new QemuException(string.Create(CultureInfo.InvariantCulture, $"handle '{handle}' has not been found"));
}
