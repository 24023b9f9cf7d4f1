using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Cut;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// Where one attempt's point is made: <c>TARGET/HOST~VM/POINT/</c> with an image a disk and, when it is done, point.json.
/// Until then a draft lies there, by which a crash's successor goes on.
/// </summary>
internal sealed class PointDirectory
{
    private const string PointFile = "point.json";
    private const string DraftFile = "draft.json";

    private const UnixFileMode Mode = UnixFileMode.SetGroup
        | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;

    private PointDirectory(string path, string id) => (Path, Id) = (path, id);

    public string Path { get; }

    /// <summary>The point's id: when its attempt was dispatched, and the hash that all its names share.</summary>
    public string Id { get; }

    public static PointDirectory For(string target, VmId vm, DateTimeOffset dispatchedAt, string hash)
    {
        var id = $"{dispatchedAt.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}-{hash}";
        return new PointDirectory(System.IO.Path.Combine(target, vm.Entity, id), id);
    }

    /// <param name="group">Owns the directory, so that QEMU's own user can write there; null: the node's group.</param>
    /// <exception cref="CutException">It cannot be made.</exception>
    public void Create(string? group)
    {
        try
        {
            Directory.CreateDirectory(Path);
            if (group is not null) FileGroup.Set(Path, group);
            File.SetUnixFileMode(Path, Mode);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException($"the target directory {Path} cannot be made: {e.Message}", "Give the node's user write access to the target, or choose another with --target");
        }
    }

    public PointDraft Write(PointDraft draft)
    {
        WriteFile(DraftFile, JsonSerializer.SerializeToUtf8Bytes(draft, DraftJson.Default.PointDraft));
        return draft;
    }

    public PointDraft? ReadDraft() => Read(DraftFile, bytes => JsonSerializer.Deserialize(bytes, DraftJson.Default.PointDraft));

    public RecoveryPoint? ReadPoint() =>
        Read(PointFile, bytes => JsonSerializer.Deserialize(bytes, PointJson.Default.RecoveryPoint)) is { } point ? point with { Directory = Path } : null;

    /// <summary>From here on the point exists.</summary>
    public void Publish(RecoveryPoint point)
    {
        WriteFile(PointFile, JsonSerializer.SerializeToUtf8Bytes(point, PointJson.Default.RecoveryPoint));
        File.Delete(System.IO.Path.Combine(Path, DraftFile));
    }

    /// <summary>From here on the point is none any more; its images are still there.</summary>
    public void Withdraw()
    {
        try
        {
            if (Directory.Exists(Path)) File.Delete(System.IO.Path.Combine(Path, PointFile));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException($"point.json cannot be removed from {Path}: {e.Message}", "Remove the directory by hand: its group has no recovery point");
        }
    }

    /// <summary>What is left of an attempt that made no point; images are removed by the cut's own undo.</summary>
    public void Delete()
    {
        try
        {
            if (Directory.Exists(Path))
            {
                foreach (var file in Directory.GetFiles(Path, $"{DraftFile}*")) File.Delete(file);
                Directory.Delete(Path);
            }
            var vm = System.IO.Path.GetDirectoryName(Path)!;
            if (Directory.Exists(vm) && !Directory.EnumerateFileSystemEntries(vm).Any()) Directory.Delete(vm);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException($"{Path} could not be removed: {e.Message}", "Remove it by hand: it holds no recovery point");
        }
    }

    private void WriteFile(string name, byte[] bytes)
    {
        try
        {
            var path = System.IO.Path.Combine(Path, name);
            using (var file = new FileStream(path + ".tmp", FileMode.Create, FileAccess.Write))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: name == PointFile);
            }
            File.Move(path + ".tmp", path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException($"{name} cannot be written into {Path}: {e.Message}", "Make room on the target, or choose another with --target");
        }
    }

    private T? Read<T>(string name, Func<byte[], T?> read) where T : class
    {
        try
        {
            return read(File.ReadAllBytes(System.IO.Path.Combine(Path, name)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(PointDraft))]
internal sealed partial class DraftJson : JsonSerializerContext;
