using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace QgaOrchestrator.Lab;

/// <summary>
/// Looks for bytes in all memory of a process that a core would hold: stacks, heaps, buffers, code that was made. Needles are
/// given masked (each byte XOR 0x5A), so that one who searches its own memory does not find what it searches by.
/// </summary>
public static class ProcessMemory
{
    private const byte Mask = 0x5A;
    private const int ChunkLength = 1 << 20;

    public static byte[] Masked(ReadOnlySpan<byte> needle)
    {
        var masked = new byte[needle.Length];
        for (var i = 0; i < masked.Length; i++) masked[i] = (byte)(needle[i] ^ Mask);
        return masked;
    }

    /// <summary>The indices of the needles that are there, each once for every copy (twice where two reads overlap).</summary>
    /// <param name="process">Its id. Another than one's own needs root.</param>
    /// <param name="maskedNeedles">Each of <see cref="Masked"/>.</param>
    public static IReadOnlyList<int> Find(int process, IReadOnlyList<byte[]> maskedNeedles)
    {
        var (found, needles) = (new List<int>(), new Needles(maskedNeedles));
        var overlap = needles.Longest - 1;
        var chunk = GC.AllocateArray<byte>(ChunkLength, pinned: true);
        // Without a buffer of .NET's: it would be memory to search, too.
        using var memory = File.OpenHandle($"/proc/{process}/mem");
        foreach (var (start, end) in Mappings(process))
            for (var at = start; at < end; at += chunk.Length - overlap)
            {
                int length;
                try
                {
                    length = RandomAccess.Read(memory, chunk.AsSpan(0, (int)Math.Min(chunk.Length, end - at)), at);
                }
                catch (IOException)
                {
                    break; // unmapped meanwhile
                }
                var read = chunk.AsSpan(0, length);
                Unmask(read);
                found.AddRange(needles.In(read));
                if (length < chunk.Length) break;
            }
        return found;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Unmask(Span<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        for (var i = 0; i < words.Length; i++) words[i] ^= Mask * 0x0101010101010101UL;
        for (var i = words.Length * sizeof(ulong); i < bytes.Length; i++) bytes[i] ^= Mask;
    }

    private static IEnumerable<(long Start, long End)> Mappings(int process) =>
        from line in File.ReadAllLines($"/proc/{process}/maps")
        let fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        let isWritable = fields[1].StartsWith("rw", StringComparison.Ordinal)
        let isOfNoFile = fields[1][0] == 'r' && (fields.Length < 6 || fields[5].StartsWith("/memfd:", StringComparison.Ordinal))
        where isWritable || isOfNoFile
        let range = fields[0].Split('-')
        select (Hex(range[0]), Hex(range[1]));

    private static long Hex(string text) => long.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
