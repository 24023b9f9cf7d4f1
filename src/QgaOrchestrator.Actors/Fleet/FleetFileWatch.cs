using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>
/// The fleet's file, read again when it has changed. A file that has become wrong is reported, and the last good one stays in
/// force until it is right again.
/// </summary>
internal sealed partial class FleetFileWatch(string? path, ILogger log)
{
    private (DateTime Written, long Length) _seen;

    private volatile FleetFile _file = FleetFile.Empty;

    /// <summary>SHA-256 of the file as it is, 12 digits, so that hosts can be compared; null: there is none.</summary>
    public string? Sum { get; private set; }

    /// <summary>What is wrong with the file now; its last good content stays in force.</summary>
    public IReadOnlyList<SourceFault> Faults { get; private set; } = [];

    public VmIdentity Identify(VmId vm) => _file.Identify(vm, null);

    public IReadOnlyList<string> Excluded(VmId vm) => _file.Excluded(vm);

    public FleetFile Read()
    {
        if (path is null) return _file;
        var info = new FileInfo(path);
        var now = info.Exists ? (info.LastWriteTimeUtc, info.Length) : default;
        if (now == _seen) return _file;
        _seen = now;
        Sum = null;
        var (file, errors) = info.Exists ? ReadFile(path) : (null, ["there is no such file"]);
        if (file is not null) _file = file;
        foreach (var error in errors) NotRead(path, error);
        Faults = errors.Count == 0 ? [] :
        [
            new(
                "Fleet:File",
                $"{path} was rejected: {string.Join(" ", errors).TrimEnd('.')}",
                "Correct it; the previous version stays in effect",
                Blinds: false
            ),
        ];
        return _file;
    }

    private (FleetFile? File, IReadOnlyList<string> Errors) ReadFile(string path)
    {
        try
        {
            var content = File.ReadAllBytes(path);
            Sum = Convert.ToHexStringLower(SHA256.HashData(content))[..12];
            return VmPlaces.Reader.Read(content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, [e.Message]);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The fleet file {Path} was rejected: {Error}. The previous version stays in effect"
    )]
    private partial void NotRead(string path, string error);
}
