namespace QgaOrchestrator.Qemu.Files;

/// <summary>Files that are to be ours alone: what we write, and what we obey.</summary>
public static class OwnFiles
{
    public const UnixFileMode File = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public const UnixFileMode Directory = File | UnixFileMode.UserExecute;

    private const uint OthersBits = 0x3f; // 077

    private const UnixFileMode GroupWrite = UnixFileMode.GroupWrite, OthersWrite = UnixFileMode.OtherWrite;

    /// <summary>From now on this process makes no file that another user can open, unless it says so; its children
    /// neither.</summary>
    public static void KeepToOwner() => _ = Libc.SetMask(OthersBits);

    /// <summary>
    /// Why a file or directory that we obey (a hook's program, a config, a secret, a ledger) may hold another's word: its owner
    /// is neither root nor we, or others can write to it. Our own group's members are no others. Null: it is ours.
    /// </summary>
    /// <returns>With the command that mends it.</returns>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public static string? Fault(string path)
    {
        var status = Libc.StatusOf(path);
        if (!status.IsOurs) return $"{path} belongs to user {status.Uid}: chown {Libc.EffectiveUser()} {path}";
        var mode = (UnixFileMode)(status.Mode & 0xfff);
        var open = (mode & OthersWrite) != 0 || ((mode & GroupWrite) != 0 && status.Gid != Libc.EffectiveGroup());
        return open ? $"{path} can be written by others: chmod go-w {path}" : null;
    }

    /// <summary>Why a file with a secret in it can be read by others, or was written by one; null: it is ours alone.</summary>
    /// <returns>With the command that mends it.</returns>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public static string? SecretFault(string path)
    {
        var status = Libc.StatusOf(path);
        if (!status.IsOurs) return $"{path} belongs to user {status.Uid}: chown {Libc.EffectiveUser()} {path}";
        return (status.Mode & OthersBits) == 0
            ? null
            : $"{path} has mode 0{Convert.ToString(status.Mode & 0xfff, 8)}, so others can read it: chmod 0600 {path}";
    }

    /// <summary>Why a directory can be looked into by others; null: it cannot, but may be passed through (0711).</summary>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public static string? DirectoryFault(string path)
    {
        const int allowed = 0x1c9; // 0711
        var status = Libc.StatusOf(path);
        if (!status.IsOurs) return $"it belongs to user {status.Uid}: chown {Libc.EffectiveUser()} {path}";
        var mode = status.Mode & 0xfff;
        return (mode & ~allowed) == 0 ? null
            : $"its mode is 0{Convert.ToString(mode, 8)}, and tokens and journal lie in it: chmod 0700 {path} (0711 where "
                + $"QEMU's user must reach its points)";
    }

    /// <summary>Takes every right of group and others from the files in a directory, and from the named directories in
    /// it.</summary>
    public static void Close(string directory, params IEnumerable<string> below)
    {
        foreach (var path in System.IO.Directory.EnumerateFiles(directory)) Close(path, File);
        foreach (var path in below.Select(name => Path.Combine(directory, name)).Where(System.IO.Directory.Exists))
            Close(path, Directory);
    }

    private static void Close(string path, UnixFileMode mode)
    {
        if (Libc.StatusOfLink(path) is { IsFile: false, IsDirectory: false }) return;
        if ((System.IO.File.GetUnixFileMode(path) & ~mode) != 0) System.IO.File.SetUnixFileMode(path, mode);
    }
}
