using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using QgaOrchestrator.Actors.Points;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>
/// Where one attempt's point is made: <c>TARGET/HOST~VM/POINT/</c> with an image a disk and, when it is done, point.json.
/// QEMU's user writes there, so no link is followed below it. The draft, from which a restarted node continues, lies in a
/// directory of the node's own: <c>DRAFTS/HASH.json</c>.
/// </summary>
internal sealed class PointDirectory
{
    /// <summary>Files that earlier versions left beside the images.</summary>
    private static readonly string[] Leftovers = [PointFiles.Description + ".tmp", "draft.json", "draft.json.tmp"];

    /// <summary>The group may pass through to the point but change nothing: a point cannot be replaced by a link.</summary>
    private const UnixFileMode Above =
        UnixFileMode.SetGroup
        | UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute;

    private const UnixFileMode Mode = Above | UnixFileMode.GroupWrite;

    private readonly string _draft;

    private PointDirectory(string path, string id, string draft) => (Path, Id, _draft) = (path, id, draft);

    public string Path { get; }

    /// <summary>The point's id: when its attempt was dispatched, and the hash that all its names share.</summary>
    public string Id { get; }

    /// <param name="target">The run's.</param>
    /// <param name="drafts">The node's own directory of drafts.</param>
    /// <param name="vm">Whose point it is.</param>
    /// <param name="dispatchedAt">When the attempt was.</param>
    /// <param name="hash">Of the attempt's names.</param>
    public static PointDirectory For(string target, string drafts, VmId vm, DateTimeOffset dispatchedAt, string hash)
    {
        var id = $"{dispatchedAt.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}-{hash}";
        return new PointDirectory(
            System.IO.Path.Combine(target, vm.Entity, id), id, System.IO.Path.Combine(drafts, hash + ".json"));
    }

    /// <param name="group">Owns the directory, so that QEMU's own user can write there; null: the node's group.</param>
    /// <param name="byQemu">QEMU makes the images; what a hook makes it makes with our rights, where nobody can plant a
    /// link.</param>
    /// <exception cref="CutException">It cannot be made.</exception>
    public void Create(string? group, bool byQemu)
    {
        try
        {
            using var made = HeldDirectory.Make(System.IO.Path.GetFullPath(Path), Above, group);
            made.Own(byQemu ? Mode : Above, group);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException(
                $"the target directory {Path} cannot be made: {e.Message}",
                "Give the node's user write access to the target, or choose another with --target"
            );
        }
    }

    /// <summary>If this fails, the attempt continues, and after a crash it is undone: an older draft is deleted.</summary>
    /// <returns>Why it could not be written; null if it was.</returns>
    public string? Write(PointDraft draft)
    {
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(_draft)!, OwnFiles.Directory);
            HeldDirectory.ReplaceFile(
                _draft, JsonSerializer.SerializeToUtf8Bytes(draft, DraftJson.Default.PointDraft), OwnFiles.File);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            DeleteDraft();
            return e.Message;
        }
    }

    /// <summary>Writes a file of the machine, which its group may read. One of an earlier try is replaced.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void WriteMachine(string name, ReadOnlySpan<byte> bytes, string? group)
    {
        using var held = HeldDirectory.Make(System.IO.Path.GetFullPath(PointFiles.MachineOf(Path)), Above, group);
        held.Replace(name, bytes, OwnFiles.File | UnixFileMode.GroupRead);
    }

    public PointDraft? ReadDraft()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(_draft), DraftJson.Default.PointDraft);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>A file of another point that somebody has moved here does not count.</summary>
    public RecoveryPoint? ReadPoint() => PointFiles.Read(Path) is { } point && point.Id == Id ? point : null;

    /// <summary>From here on the point exists, also after a loss of power. Its group may read it.</summary>
    public void Publish(RecoveryPoint point)
    {
        try
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(point, PointJson.Default.RecoveryPoint);
            HeldDirectory.ReplaceFile(
                System.IO.Path.Combine(Path, PointFiles.Description), bytes, OwnFiles.File | UnixFileMode.GroupRead);
            DeleteDraft();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException(
                $"{PointFiles.Description} cannot be written into {Path}: {e.Message}",
                "Make room on the target, or choose another with --target"
            );
        }
    }

    /// <summary>From here on there is no point; its images still exist.</summary>
    public void Withdraw()
    {
        try
        {
            using var held = HeldDirectory.TryOpen(Path);
            held?.Delete(PointFiles.Description);
            held?.Sync();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException(
                $"point.json cannot be removed from {Path}: {e.Message}",
                "Remove the directory by hand: its group has no recovery point"
            );
        }
    }

    /// <summary>What is left of an attempt that made no point; images are removed by the cut's own undo.</summary>
    public void Delete()
    {
        try
        {
            DeleteDraft();
            PointFiles.DeleteMachine(Path);
            using (var held = HeldDirectory.TryOpen(Path))
            {
                foreach (var left in Leftovers) held?.Delete(left);
                if (held is not null) Directory.Delete(Path);
            }
            var vm = System.IO.Path.GetDirectoryName(Path)!;
            if (Directory.Exists(vm) && !Directory.EnumerateFileSystemEntries(vm).Any()) Directory.Delete(vm);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException($"{Path} could not be removed: {e.Message}", "Remove it by hand: it holds no recovery point");
        }
    }

    private void DeleteDraft()
    {
        if (File.Exists(_draft)) File.Delete(_draft);
        if (File.Exists(_draft + ".tmp")) File.Delete(_draft + ".tmp");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(PointDraft))]
internal sealed partial class DraftJson : JsonSerializerContext;
