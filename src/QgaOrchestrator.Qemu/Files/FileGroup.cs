using System.Globalization;
using System.Runtime.InteropServices;

namespace QgaOrchestrator.Qemu.Files;

/// <summary>The group of a file, which .NET cannot change.</summary>
public static partial class FileGroup
{
    private const uint Unchanged = uint.MaxValue;

    /// <param name="path">A file or directory.</param>
    /// <param name="group">A name of /etc/group, or a number.</param>
    /// <exception cref="IOException">There is no such group, or we may not give it.</exception>
    public static void Set(string path, string group)
    {
        var id = uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : Find(group);
        if (Chown(path, Unchanged, id) != 0)
            throw new IOException($"{path} cannot be given to group {group}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <param name="group">A name, or a number.</param>
    public static bool Exists(string group) => uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out _)
        || File.ReadLines("/etc/group").Any(line => line.Split(':')[0] == group);

    private static uint Find(string group) =>
        File.ReadLines("/etc/group").Select(line => line.Split(':')).FirstOrDefault(fields => fields[0] == group)
            is [_, _, var id, ..]
            ? uint.Parse(id, CultureInfo.InvariantCulture)
            : throw new IOException($"there is no group {group} on this host");

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Chown(string path, uint owner, uint group);
}
