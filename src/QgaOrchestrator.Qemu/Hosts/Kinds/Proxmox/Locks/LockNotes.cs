using System.Text.Json;
using System.Text.Json.Serialization;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Locks;

/// <summary>
/// The locks of this node: a directory of the node's own with a small file a VM. A lock outlives the host's power, so file and
/// directory are synced. It is not in the freeze ledger, whose entries are thawed.
/// </summary>
internal sealed class LockNotes(CutHost host)
{
    private const string Folder = "locks", Suffix = ".lock.json";

    private readonly string _directory = Path.Combine(host.DataDirectory, Folder);

    /// <returns>Null where none of ours locks the VM.</returns>
    /// <exception cref="CutException">The file is there and cannot be read.</exception>
    public LockNote? Read(string vm)
    {
        var path = PathOf(vm);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), LockJson.Default.LockNote)
                ?? throw new JsonException("it holds null");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CutException(
                $"{path} cannot be read: {e.Message}",
                "It names a VM that this node has locked. Where no backup runs (qm config ID shows lock: backup), unlock it "
                    + "(qm unlock ID), then remove the file");
        }
    }

    /// <summary>Those of all VMs.</summary>
    /// <exception cref="CutException">A file is there and cannot be read.</exception>
    public IReadOnlyList<LockNote> ReadAll() => Directory.Exists(_directory)
        ?
        [
            .. Directory.GetFiles(_directory, "*" + Suffix)
                .Select(file => Read(Path.GetFileName(file)[..^Suffix.Length]))
                .OfType<LockNote>(),
        ]
        : [];

    /// <summary>When it returns, the lock may be set.</summary>
    /// <exception cref="CutException">It cannot be written.</exception>
    public void Write(LockNote note)
    {
        var path = PathOf(note.Vm);
        try
        {
            Directory.CreateDirectory(_directory, OwnFiles.Directory);
            HeldDirectory.ReplaceFile(path, JsonSerializer.SerializeToUtf8Bytes(note, LockJson.Default.LockNote), OwnFiles.File);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException(
                $"{path} cannot be written: {e.Message}",
                "Make room in Node.DataDirectory: without this record no VM is locked.");
        }
    }

    public void Remove(string vm)
    {
        if (Directory.Exists(_directory)) File.Delete(PathOf(vm));
    }

    private string PathOf(string vm) => Path.Combine(_directory, vm + Suffix);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LockNote))]
internal sealed partial class LockJson : JsonSerializerContext;
