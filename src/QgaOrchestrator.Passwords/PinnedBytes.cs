using System.Security.Cryptography;

namespace QgaOrchestrator.Passwords;

/// <summary>Bytes that the collector moves nowhere and that <see cref="Dispose"/> overwrites: no copy of them is left.</summary>
internal sealed class PinnedBytes(int length) : IDisposable
{
    // Not initialized would show what lay there before; a struct of a C library must begin as zeros, too.
    private readonly byte[] _bytes = GC.AllocateArray<byte>(length, pinned: true);

    public Span<byte> Span => _bytes;

    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);
}
