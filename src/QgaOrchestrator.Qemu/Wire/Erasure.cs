using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace QgaOrchestrator.Qemu.Wire;

/// <summary>Overwrites what a secret stood in.</summary>
internal static class Erasure
{
    /// <summary>With zeros, in the array that it lies in: nobody else reads it any more.</summary>
    public static void Erase(this ReadOnlyMemory<byte> bytes)
    {
        if (MemoryMarshal.TryGetArray(bytes, out var segment)) CryptographicOperations.ZeroMemory(segment);
    }
}
