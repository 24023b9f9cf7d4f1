using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;

namespace QgaOrchestrator.Node.Http.Requests;

/// <summary>Gives the server memory that is overwritten when it is given back: requests may hold secrets.</summary>
public sealed class ErasingMemoryPoolFactory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new ErasingMemoryPool();
}

/// <summary>Blocks of 4 KiB that do not move, as the server's own pool has.</summary>
internal sealed class ErasingMemoryPool : MemoryPool<byte>
{
    private const int BlockSize = 4096;

    /// <summary>16 MiB: what a burst leaves beyond it is the collector's.</summary>
    private const int MostKept = 4096;

    private readonly ConcurrentQueue<byte[]> _free = new();

    public override int MaxBufferSize => BlockSize;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        return new Block(
            this, _free.TryDequeue(out var free) ? free : GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true));
    }

    protected override void Dispose(bool disposing) => _free.Clear();

    private void GiveBack(byte[] block)
    {
        CryptographicOperations.ZeroMemory(block);
        if (_free.Count < MostKept) _free.Enqueue(block);
    }

    private sealed class Block(ErasingMemoryPool pool, byte[] bytes) : IMemoryOwner<byte>
    {
        private byte[]? _bytes = bytes;

        public Memory<byte> Memory => _bytes ?? throw new ObjectDisposedException(nameof(Block));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _bytes, null) is { } given) pool.GiveBack(given);
        }
    }
}
