using System.Security.Cryptography;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Cli.Hosting;

/// <summary>Reads what may be secret: from its first byte on it lies in memory that is overwritten, and it is never a string.
/// From then on this process leaves no core.</summary>
internal static class SecretInput
{
    private const int First = 4 << 10;

    /// <summary>The first line, without its end; null where there is nothing.</summary>
    public static Secret? Line(Stream input) => Read(input, toLineEnd: true);

    /// <summary>All of it; null where there is nothing.</summary>
    public static Secret? All(Stream input) => Read(input, toLineEnd: false);

    /// <summary>A line that is typed at a terminal, and not shown.</summary>
    public static Secret Typed(string prompt)
    {
        OwnMemory.LeaveNoCore();
        Console.Error.Write(prompt);
        var (typed, length) = (GC.AllocateUninitializedArray<char>(First, pinned: true), 0);
        try
        {
            while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
            {
                if (key.Key != ConsoleKey.Backspace && length < typed.Length) typed[length++] = key.KeyChar;
                else if (key.Key == ConsoleKey.Backspace && length > 0) length--;
            }
            Console.Error.WriteLine();
            return Secret.Of(typed.AsSpan(0, length));
        }
        finally
        {
            Array.Clear(typed);
        }
    }

    private static Secret? Read(Stream input, bool toLineEnd)
    {
        OwnMemory.LeaveNoCore();
        var (bytes, length) = (Allocate(First), 0);
        try
        {
            while (input.Read(bytes.AsSpan(length)) is > 0 and var read)
            {
                length += read;
                if (toLineEnd && bytes.AsSpan(length - read, read).IndexOf((byte)'\n') is >= 0 and var at)
                    return Secret.Of(bytes.AsSpan(0, length - read + at).TrimEnd((byte)'\r'));
                if (length < bytes.Length) continue;
                var larger = Allocate(2 * length);
                bytes.CopyTo(larger, 0);
                CryptographicOperations.ZeroMemory(bytes);
                bytes = larger;
            }
            return length == 0 ? null : Secret.Of(bytes.AsSpan(0, length));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static byte[] Allocate(int length) => GC.AllocateUninitializedArray<byte>(length, pinned: true);
}
