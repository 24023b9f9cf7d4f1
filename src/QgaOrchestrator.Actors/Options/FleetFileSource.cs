using Microsoft.Extensions.Logging;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Actors.Options;

/// <summary>
/// <c>Fleet.File</c> as it is now: looked at on each call, read again when its time or length has changed. A file that became
/// wrong is told once, and the last good one stays in force.
/// </summary>
public sealed partial class FleetFileSource(string? path, ILogger<FleetFileSource> log)
{
    private readonly Lock _lock = new();
    private (DateTime WrittenAt, long Length)? _seen;
    private FleetFile _current = FleetFile.Empty;

    public FleetFile Current()
    {
        if (path is null) return _current;
        lock (_lock)
        {
            var file = new FileInfo(path);
            var now = file.Exists ? (file.LastWriteTimeUtc, file.Length) : ((DateTime, long)?)null;
            if (now == _seen) return _current;
            _seen = now;
            var (read, errors) = Read(path);
            foreach (var error in errors) LogWrong(path, error);
            return _current = read ?? _current;
        }
    }

    /// <summary>The file, or null and what is wrong with it.</summary>
    public static (FleetFile? File, IReadOnlyList<string> Errors) Read(string path)
    {
        try
        {
            return FleetFileReader.Read(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, [e.Message]);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path}: {Error} The last good one stays in force")]
    private partial void LogWrong(string path, string error);
}
