using System.Text.Json;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Qemu.Ledger;

/// <summary>
/// The host's open freezes: a directory with one small file a VM. Written by temp file and rename, so a reader sees the old
/// entry or the new one; not synced, because what ends the host ends its VMs. Writers of one VM's entry are kept apart by
/// its <see cref="AgentLock"/>; readers need no lock.
/// </summary>
public sealed class FreezeLedger
{
    private const string Suffix = ".freeze.json";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private FreezeLedger(string directory) => Directory = directory;

    /// <summary>Absolute path, without a slash at the end.</summary>
    public string Directory { get; }

    /// <summary>Opens the ledger and makes its directory (mode 0700: who can write to it chooses whom we connect to).</summary>
    /// <exception cref="IOException">It cannot be made, or others can write to it.</exception>
    /// <exception cref="UnauthorizedAccessException">We may not make it.</exception>
    public static FreezeLedger Open(string directory)
    {
        var ledger = At(directory);
        System.IO.Directory.CreateDirectory(ledger.Directory, OwnerOnly | UnixFileMode.UserExecute);
        return OwnFiles.Fault(ledger.Directory) is { } fault ? throw new IOException($"the freeze ledger {fault}") : ledger;
    }

    /// <summary>The ledger at this path, for reading: nothing is made, and where there is no directory it is empty.</summary>
    public static FreezeLedger At(string directory) =>
        new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)));

    /// <summary>Where the VM's entry is.</summary>
    /// <exception cref="ArgumentException">The name is not of [A-Za-z0-9._-].</exception>
    public string PathOf(string vm) => Path.Combine(Directory, VmName.Require(vm) + Suffix);

    /// <summary>Writes the entry over the VM's earlier one. When it returns, the freeze may be sent.</summary>
    public void Write(LedgerEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var path = PathOf(entry.Vm);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(
            new LedgerFile(LedgerFile.CurrentVersion, LedgerFile.FreezeKind, entry), LedgerJson.Default.LedgerFile);
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        using (var file = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        }))
            file.Write(bytes);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>The VM's entry, or null where it has none.</summary>
    /// <exception cref="LedgerDamagedException">The file is there, and it cannot be read.</exception>
    public LedgerEntry? Read(string vm) => ReadFile(PathOf(vm));

    /// <summary>Every entry, and every file that should be one.</summary>
    public LedgerContents ReadAll()
    {
        var entries = new List<LedgerEntry>();
        var damaged = new List<DamagedEntry>();
        foreach (var path in Files())
        {
            try
            {
                if (ReadFile(path) is { } entry)
                    entries.Add(entry);
            }
            catch (LedgerDamagedException e)
            {
                damaged.Add(e.Damaged);
            }
        }
        return new LedgerContents(entries, damaged);
    }

    /// <summary>
    /// Replaces the VM's entry by what <paramref name="change"/> makes of it, if it still is of this window.
    /// </summary>
    /// <returns>False: it is gone, or of another window, and was left alone.</returns>
    /// <exception cref="LedgerDamagedException">The file is there, and it cannot be read.</exception>
    public bool Update(string vm, string window, Func<LedgerEntry, LedgerEntry> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (Read(vm) is not { } entry || entry.Window != window)
            return false;
        Write(change(entry));
        return true;
    }

    /// <summary>Removes the VM's entry, if it still is of this window.</summary>
    /// <returns>False: it was gone already, or is of another window and was left alone.</returns>
    /// <exception cref="LedgerDamagedException">The file is there, and it cannot be read.</exception>
    public bool Remove(string vm, string window)
    {
        if (Read(vm) is not { } entry || entry.Window != window)
            return false;
        File.Delete(PathOf(vm));
        return true;
    }

    /// <summary>Removes what a process that was killed in the middle of a write has left. Only for the host's own node: no
    /// other process writes then but one that thaws, whose write fails and is tried again.</summary>
    public void RemoveUnfinished()
    {
        if (!System.IO.Directory.Exists(Directory))
            return;
        foreach (
            var path in System.IO.Directory.GetFiles(
                Directory,
                $"*{Suffix}.*.tmp",
                new EnumerationOptions { AttributesToSkip = 0 }
            )
        )
            File.Delete(path);
    }

    private string[] Files() => System.IO.Directory.Exists(Directory)
        ? System.IO.Directory.GetFiles(Directory, "*" + Suffix, new EnumerationOptions { AttributesToSkip = 0 })
        : [];

    private static LedgerEntry? ReadFile(string path)
    {
        try
        {
            var file = JsonSerializer.Deserialize(File.ReadAllBytes(path), LedgerJson.Default.LedgerFile)
                ?? throw new JsonException("it holds null");
            return Check(file, Path.GetFileName(path)[..^Suffix.Length]);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new LedgerDamagedException(new DamagedEntry(path, e.Message), e);
        }
    }

    private static LedgerEntry Check(LedgerFile file, string vm) => file switch
    {
        { Kind: not LedgerFile.FreezeKind } => throw new JsonException($"kind is '{file.Kind}', not '{LedgerFile.FreezeKind}'"),
        { Version: not LedgerFile.CurrentVersion } =>
            throw new JsonException($"version {file.Version} is unknown to this release"),
        _ when file.Entry.Vm != vm => throw new JsonException($"it names the VM '{file.Entry.Vm}'"),
        _ => file.Entry,
    };
}
