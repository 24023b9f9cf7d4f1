using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace QgaOrchestrator.Lab;

/// <summary>Many byte strings that are looked for in one pass.</summary>
public sealed class Needles
{
    private readonly IReadOnlyList<byte[]> _needles;

    /// <summary>The needles that begin with these two bytes; null: none.</summary>
    private readonly List<int>?[] _byStart = new List<int>?[1 << 16];

    /// <param name="needles">Two bytes or more each.</param>
    public Needles(IReadOnlyList<byte[]> needles)
    {
        _needles = needles;
        foreach (var (index, needle) in needles.Index())
            (_byStart[BinaryPrimitives.ReadUInt16LittleEndian(needle)] ??= []).Add(index);
    }

    public int Longest => _needles.Max(needle => needle.Length);

    /// <summary>The indices of the needles that are there, each once for every copy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // tests/run leaves methods as they are compiled first
    public List<int> In(ReadOnlySpan<byte> bytes)
    {
        var found = new List<int>();
        for (var at = 0; at + 1 < bytes.Length; at++)
            if (_byStart[bytes[at] | bytes[at + 1] << 8] is { } candidates)
                foreach (var index in candidates)
                    if (bytes[at..].StartsWith(_needles[index]))
                        found.Add(index);
        return found;
    }
}
