namespace QgaOrchestrator.Core.Vms;

/// <summary>
/// How many bytes of a file one agent command carries. The agent serves nobody else meanwhile, so a chunk is as large as the
/// channel is fast: a thaw that comes behind one hardly waits.
/// </summary>
public static class ChunkSize
{
    public const int Least = 16 * 1024, First = 64 * 1024, Most = 1024 * 1024;

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(80), Long = TimeSpan.FromMilliseconds(200);

    /// <param name="size">Bytes of the last chunk.</param>
    /// <param name="took">From asking for it to its answer.</param>
    public static int Next(int size, TimeSpan took) =>
        took < Short ? Math.Min(size * 2, Most)
        : took > Long ? Math.Max(size / 2, Least)
        : size;
}
