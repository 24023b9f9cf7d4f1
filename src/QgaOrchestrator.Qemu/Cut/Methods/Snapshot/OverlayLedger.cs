using System.Text.Json;
using System.Text.Json.Serialization;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Cut.Methods.Snapshot;

/// <summary>
/// The open overlays of this host: a directory with a small file a VM. Unlike a freeze an overlay outlives the host's
/// power, so file and directory are synced.
/// </summary>
public sealed class OverlayLedger(string directory)
{
    private const string Suffix = ".overlay.json";

    /// <returns>Null where the VM has no open overlay.</returns>
    /// <exception cref="CutException">The file is there and cannot be read: nobody knows what the VM writes to.</exception>
    public OpenOverlay? Read(string vm)
    {
        var path = PathOf(vm);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), OverlayJson.Default.OpenOverlay)
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
                "It names overlays that the VM may write to. See the VM's disks (qemu-img info --backing-chain), then remove "
                    + "the file"
            );
        }
    }

    /// <summary>Those of all VMs.</summary>
    /// <exception cref="CutException">A file is there and cannot be read.</exception>
    public IReadOnlyList<OpenOverlay> ReadAll() => !Directory.Exists(directory)
        ? []
        :
        [
            .. Directory
                .GetFiles(directory, "*" + Suffix)
                .Select(file => Read(Path.GetFileName(file)[..^Suffix.Length]))
                .OfType<OpenOverlay>(),
        ];

    /// <summary>When it returns, the transaction may be sent.</summary>
    /// <exception cref="CutException">It cannot be written.</exception>
    public void Write(OpenOverlay overlay)
    {
        var path = PathOf(overlay.Vm);
        try
        {
            Directory.CreateDirectory(directory, OwnFiles.Directory);
            HeldDirectory.ReplaceFile(
                path, JsonSerializer.SerializeToUtf8Bytes(overlay, OverlayJson.Default.OpenOverlay), OwnFiles.File);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException(
                $"{path} cannot be written: {e.Message}",
                "Make room in Node.DataDirectory: without this record no overlay is made."
            );
        }
    }

    public void Remove(string vm)
    {
        if (Directory.Exists(directory)) File.Delete(PathOf(vm));
    }

    /// <summary>Refuses a VM whose overlays are open; forgets those whose process and files are gone.</summary>
    /// <exception cref="CutException">With the commands that settle it.</exception>
    public void RequireNone(string vm, QemuProcess? process)
    {
        if (Read(vm) is not { } open)
            return;
        if (open.IsOf(process))
            throw new CutException(
                open.Warning,
                "The node commits them when the run that made them has ended, or at its next start; the VM must not be "
                    + "restarted until then."
            );
        if (!HostProcesses.IsRunning(open.Qemu) || open.BootId != HostProcesses.BootId())
        {
            if (open.Committed) foreach (var disk in open.Disks) File.Delete(disk.Overlay);
            if (open.Disks.All(disk => !File.Exists(disk.Overlay)))
            {
                Remove(vm);
                return;
            }
        }

        throw open.Lost();
    }

    private string PathOf(string vm) => Path.Combine(directory, vm + Suffix);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(OpenOverlay))]
internal sealed partial class OverlayJson : JsonSerializerContext;
