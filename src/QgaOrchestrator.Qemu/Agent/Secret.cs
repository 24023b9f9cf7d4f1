using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent;

/// <summary>
/// A password's bytes. It has no property and shows itself as ***, so that it gets into no log, message or JSON by
/// accident; <see cref="Dispose"/> overwrites it. A request that carries it holds a copy until it is collected.
/// </summary>
[DebuggerDisplay("***")]
public sealed class Secret : IDisposable
{
    // Pinned: the collector moves it nowhere, so that one overwriting is enough.
    private readonly byte[] _bytes;
    private bool _disposed;

    private Secret(ReadOnlySpan<byte> bytes)
    {
        _bytes = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(_bytes);
    }

    public static Secret Of(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <param name="text">Kept as UTF-8. A string cannot be overwritten: prefer bytes where there is a choice.</param>
    public static Secret Of(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        try
        {
            return new Secret(bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <exception cref="ObjectDisposedException">It has been overwritten.</exception>
    public ReadOnlySpan<byte> Reveal()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _bytes;
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_bytes);
    }

    public override string ToString() => "***";
}

/// <summary>
/// Base64, as the agent takes it. Named at the one member that it is for and not at <see cref="Secret"/>, which elsewhere
/// must not be written.
/// </summary>
internal sealed class SecretBase64Converter : JsonConverter<Secret>
{
    public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Secret.Of(reader.GetBytesFromBase64());

    public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) =>
        writer.WriteBase64StringValue(value.Reveal());
}
